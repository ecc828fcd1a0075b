//! Launches that are answered once one can connect.

use serde_json::{Value, json};
use tokio::task::{JoinHandle, JoinSet};

use crate::Test;
use crate::connect::{admit, client, gate, ready};
use crate::harness::{Api, Reply, answer, request};

pub(crate) const TESTS: &[Test] = &[
    (
        "who_waits_gets_the_ticket_with_the_session",
        who_waits_gets_the_ticket_with_the_session,
    ),
    (
        "who_waits_is_told_what_else_became_of_it",
        who_waits_is_told_what_else_became_of_it,
    ),
    ("who_asks_again_gets_a_ticket", who_asks_again_gets_a_ticket),
    ("few_wait_at_once", few_wait_at_once),
];

/// The launches of one user.
struct Launches<'a> {
    api: &'a Api,
    token: String,
    node: String,
    /// The last job that was seen.
    after: u64,
}

impl<'a> Launches<'a> {
    fn new(api: &'a Api) -> Self {
        let (_, node) = api.node("a");
        let quota = json!({ "max_sessions": 20 });
        let admin = api.token("admin");
        api.call("PUT", "/v1/quotas/default", &admin, quota).ok();
        let token = api.token("alice");
        let after = 0;
        Self {
            api,
            token,
            node,
            after,
        }
    }

    fn asking(
        &self,
        wait: u64,
        wish: &Value,
        headers: &[(&str, &str)],
    ) -> impl Future<Output = Reply> + use<> {
        let path = format!("/v1/sessions?wait={wait}");
        let asked = request("POST", &path, &self.token, headers, wish.to_string());
        answer(self.api.router.clone(), asked)
    }

    fn ask(&self, wait: u64, wish: &Value, headers: &[(&str, &str)]) -> JoinHandle<Reply> {
        self.api.runtime.spawn(self.asking(wait, wish, headers))
    }

    /// The next job, once the node has it.
    fn job(&mut self) -> Value {
        let after = self.after;
        let path = format!("/v1/node/jobs?wait=30&after={after}");
        let jobs = self.api.get(&path, &self.node).ok();
        let job = self.api.unwrapped(jobs).remove(0);
        self.after = job["seq"].as_u64().unwrap();
        job
    }

    /// Somebody can connect to the job's session.
    fn started(&self, job: &Value) -> Value {
        let at = ready(job["session"].as_str().unwrap());
        self.api.report(&self.node, self.after, at.clone()).ok();
        self.api.done(&self.node, job, "done");
        at
    }

    fn wait(&self, asked: JoinHandle<Reply>) -> Reply {
        self.api.runtime.block_on(asked).unwrap()
    }
}

fn wish() -> Value {
    json!({ "app": "browser", "client_key": client().public().hash().to_string() })
}

/// The answer without a ticket.
fn without_ticket(state: &str) -> (u16, Value, Value) {
    (202, json!(state), Value::Null)
}

fn told(reply: &Reply) -> (u16, Value, Value) {
    let [state, connect] = ["state", "connect"].map(|name| reply.json[name].clone());
    (reply.status, state, connect)
}

fn who_waits_gets_the_ticket_with_the_session(api: &mut Api) {
    let mut launches = Launches::new(api);
    let asked = launches.ask(30, &wish(), &[]);
    let job = launches.job();
    let gate = gate(&job);
    launches.started(&job);
    let reply = launches.wait(asked);
    assert_eq!(reply.status, 201, "{reply:?}");
    assert_eq!(reply.json["session_id"], job["session"]);
    let told = &reply.json["connect"];
    assert_eq!(
        (&told["host"], &told["port"], &told["sni"]),
        (&json!("a.example"), &json!(14500), &json!("x"))
    );
    assert!(admit(api, &gate, told["token"].as_str().unwrap()).is_ok());
}

fn who_waits_is_told_what_else_became_of_it(api: &mut Api) {
    let mut launches = Launches::new(api);
    let asked = launches.ask(30, &wish(), &[]);
    let job = launches.job();
    api.done(&launches.node, &job, "failed");
    assert_eq!(told(&launches.wait(asked)), without_ticket("failed"));

    // Nobody to give a ticket to.
    let asked = launches.ask(30, &json!({ "app": "browser" }), &[]);
    let job = launches.job();
    launches.started(&job);
    assert_eq!(told(&launches.wait(asked)), without_ticket("claimed"));

    // The node takes longer.
    let asked = launches.ask(1, &wish(), &[]);
    assert_eq!(told(&launches.wait(asked)), without_ticket("pending"));

    // Who waits does not keep the hub from its end.
    launches.job();
    let asked = launches.ask(30, &wish(), &[]);
    launches.job();
    api.hub.ending.send_replace(true);
    assert_eq!(told(&launches.wait(asked)), without_ticket("pending"));
}

fn who_asks_again_gets_a_ticket(api: &mut Api) {
    let mut launches = Launches::new(api);
    let key = [("idempotency-key", "one")];
    let asked = [0, 1].map(|_| launches.ask(30, &wish(), &key));
    let job = launches.job();
    let mut at = launches.started(&job);
    let is_ours = |reply: Reply| {
        assert_eq!(reply.status, 201, "{reply:?}");
        assert_eq!(reply.json["session_id"], job["session"]);
        assert!(reply.json["connect"]["token"].is_string());
    };
    for asked in asked {
        is_ours(launches.wait(asked));
    }
    at[0]["viewers"] = json!(1);
    api.report(&launches.node, launches.after, at).ok();
    is_ours(launches.wait(launches.ask(30, &wish(), &key)));
    is_ours(launches.wait(launches.ask(0, &wish(), &key)));
}

fn few_wait_at_once(api: &mut Api) {
    /// As the documentation says.
    const MOST: usize = 8;
    let mut launches = Launches::new(api);
    let mut asked = JoinSet::new();
    for _ in 0..=MOST {
        asked.spawn_on(launches.asking(30, &wish(), &[]), api.runtime.handle());
    }
    let first = api.runtime.block_on(asked.join_next());
    assert_eq!(told(&first.unwrap().unwrap()), without_ticket("pending"));
    assert!(asked.try_join_next().is_none(), "the others wait");
    api.runtime.block_on(asked.shutdown());
    // Their places are free again: this one waits.
    for _ in 0..=MOST {
        launches.job();
    }
    let asked = launches.ask(30, &wish(), &[]);
    let job = launches.job();
    launches.started(&job);
    assert_eq!(launches.wait(asked).status, 201);
}
