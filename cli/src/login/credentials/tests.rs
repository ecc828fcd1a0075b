//! Which place has the tokens, with a keyring that does as the test says.

use std::cell::RefCell;

use super::*;

/// A keyring that keeps one login, or is in trouble.
#[derive(Debug, Default)]
struct Fake {
    kept: RefCell<Option<Kept>>,
    trouble: RefCell<Option<Trouble>>,
    asked: RefCell<u32>,
}

impl Fake {
    fn ask<T>(&self, deed: impl FnOnce(&mut Option<Kept>) -> T) -> Result<T, Trouble> {
        *self.asked.borrow_mut() += 1;
        match &*self.trouble.borrow() {
            Some(trouble) => Err(trouble.clone()),
            None => Ok(deed(&mut self.kept.borrow_mut())),
        }
    }

    fn becomes(&self, trouble: Option<Trouble>) {
        *self.trouble.borrow_mut() = trouble;
    }
}

impl Keyring for Fake {
    fn load(&self, _: &HubAddress) -> Result<Option<Kept>, Trouble> {
        self.ask(|kept| kept.clone())
    }

    fn save(&self, _: &HubAddress, new: &Kept) -> Result<(), Trouble> {
        self.ask(|kept| *kept = Some(new.clone()))
    }

    fn remove(&self, _: &HubAddress) -> Result<(), Trouble> {
        self.ask(|kept| *kept = None)
    }

    fn check(&self) -> Result<(), Trouble> {
        self.ask(|_| ())
    }
}

/// A machine with a keyring.
struct Machine {
    home: tempfile::TempDir,
    keyring: Fake,
    warning: Warning,
}

impl Machine {
    fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            keyring: Fake::default(),
            warning: Warning::default(),
        }
    }

    fn store(&self, wish: TokensIn) -> Store<'_> {
        Store {
            wish,
            hub: "hub.example".parse().unwrap(),
            file: File::new(self.home.path().join("credentials.json")),
            keyring: &self.keyring,
            warning: &self.warning,
        }
    }

    /// What is where: the file's number, the keyring's.
    fn has(&self) -> (Option<u64>, Option<u64>) {
        let number = |kept: Kept| kept.good_until.0;
        let in_file = self.store(TokensIn::File).load().unwrap();
        let in_keyring = self.keyring.kept.borrow().clone();
        (in_file.map(number), in_keyring.map(number))
    }

    fn save(&self, wish: TokensIn, number: u64) -> Result<(), CliError> {
        self.store(wish).lock().unwrap().save(&kept(number))
    }

    fn load(&self, wish: TokensIn) -> Option<u64> {
        let loaded = self.store(wish).load().unwrap();
        loaded.map(|kept| kept.good_until.0)
    }
}

fn kept(number: u64) -> Kept {
    Kept {
        username: "ann".to_owned(),
        access_token: "hsa_secret".to_owned(),
        refresh_token: "hsr_secret".to_owned(),
        good_until: UnixMillis(number),
    }
}

fn all_troubles() -> [Trouble; 4] {
    let why = "why".to_owned();
    [
        Trouble::Absent(why.clone()),
        Trouble::Locked(why.clone()),
        Trouble::Broken(why.clone()),
        Trouble::Damaged(why),
    ]
}

#[test]
fn a_login_without_a_keyring_goes_on_and_moves_when_it_is_renewed() {
    let machine = Machine::new();
    machine.save(TokensIn::File, 1).unwrap();
    assert_eq!(machine.load(TokensIn::Auto), Some(1));
    assert_eq!(machine.has(), (Some(1), None), "reading moves nothing");
    machine.save(TokensIn::Auto, 2).unwrap();
    assert_eq!(machine.has(), (None, Some(2)));
    assert!(!machine.home.path().join("credentials.json").exists());
    assert_eq!(machine.load(TokensIn::Auto), Some(2));
}

#[test]
fn other_hubs_stay_in_the_file() {
    let machine = Machine::new();
    let other = Store {
        hub: "other.example".parse().unwrap(),
        ..machine.store(TokensIn::File)
    };
    other.lock().unwrap().save(&kept(7)).unwrap();
    machine.save(TokensIn::File, 1).unwrap();
    machine.save(TokensIn::Auto, 2).unwrap();
    assert_eq!(machine.has(), (None, Some(2)));
    assert_eq!(other.load().unwrap(), Some(kept(7)));
}

#[test]
fn what_a_keyring_refuses_is_in_the_file_and_counts() {
    for trouble in all_troubles() {
        let machine = Machine::new();
        machine.save(TokensIn::Auto, 1).unwrap();
        machine.keyring.becomes(Some(trouble));
        machine.save(TokensIn::Auto, 2).unwrap();
        assert_eq!(machine.has(), (Some(2), Some(1)));
        assert_eq!(machine.load(TokensIn::Auto), Some(2));
        // What is renewed once voids all when it is renewed twice.
        machine.keyring.becomes(None);
        assert_eq!(machine.load(TokensIn::Auto), Some(2));
        machine.save(TokensIn::Auto, 3).unwrap();
        assert_eq!(machine.has(), (None, Some(3)));
    }
}

#[test]
fn who_is_interrupted_between_two_places_has_the_newer_login() {
    let machine = Machine::new();
    machine.save(TokensIn::File, 1).unwrap();
    machine.keyring.save(&hub(), &kept(2)).unwrap();
    assert_eq!(machine.load(TokensIn::Auto), Some(2));
}

#[test]
fn trouble_is_told_once_and_absence_never() {
    let machine = Machine::new();
    let told = || machine.warning.0.get().cloned();
    machine
        .keyring
        .becomes(Some(Trouble::Absent("why".to_owned())));
    assert_eq!(machine.load(TokensIn::Auto), None);
    assert_eq!(told(), None);
    machine
        .keyring
        .becomes(Some(Trouble::Broken("first".to_owned())));
    assert_eq!(machine.load(TokensIn::Auto), None);
    machine
        .keyring
        .becomes(Some(Trouble::Broken("second".to_owned())));
    machine.save(TokensIn::Auto, 1).unwrap();
    let told = told().unwrap();
    assert!(
        told.contains("first") && told.contains("credentials.json"),
        "{told}"
    );
    assert!(!told.contains("secret") && !told.contains('\n'), "{told}");
}

#[test]
fn who_wants_the_keyring_is_told_why_it_cannot() {
    for trouble in all_troubles() {
        let machine = Machine::new();
        machine.keyring.becomes(Some(trouble));
        let errors = [
            machine.save(TokensIn::Keyring, 1).unwrap_err(),
            machine.store(TokensIn::Keyring).load().unwrap_err(),
            machine.store(TokensIn::Keyring).whereabouts().unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.exit_code(), 8);
            let text = error.to_string();
            assert!(
                text.contains("why") && text.contains("tokens auto"),
                "{text}"
            );
        }
        assert_eq!(machine.has(), (None, None));
    }
}

#[test]
fn a_renewed_login_is_safe_before_the_keyring_is_waited_for() {
    let machine = Machine::new();
    machine.save(TokensIn::File, 1).unwrap();
    machine
        .keyring
        .becomes(Some(Trouble::Locked("why".to_owned())));
    assert_eq!(
        machine.save(TokensIn::Keyring, 2).unwrap_err().exit_code(),
        8
    );
    assert_eq!(machine.has(), (Some(2), None));
}

#[test]
fn who_wants_the_file_has_no_keyring_asked() {
    let machine = Machine::new();
    machine.save(TokensIn::File, 1).unwrap();
    assert_eq!(machine.load(TokensIn::File), Some(1));
    machine.store(TokensIn::File).whereabouts().unwrap();
    machine
        .store(TokensIn::File)
        .lock()
        .unwrap()
        .remove()
        .unwrap();
    assert_eq!(machine.has(), (None, None));
    assert_eq!(*machine.keyring.asked.borrow(), 0);
}

#[test]
fn a_logout_forgets_both() {
    let machine = Machine::new();
    machine.save(TokensIn::File, 1).unwrap();
    machine.keyring.save(&hub(), &kept(2)).unwrap();
    machine
        .store(TokensIn::Auto)
        .lock()
        .unwrap()
        .remove()
        .unwrap();
    assert_eq!(machine.has(), (None, None));
}

#[test]
fn where_they_are_is_said_with_the_reason() {
    let machine = Machine::new();
    let said = |wish| machine.store(wish).whereabouts().unwrap();
    let text = |wish| said(wish).text;
    assert_eq!(
        text(TokensIn::Auto),
        "in the system's keyring (tokens = auto)"
    );
    machine.save(TokensIn::File, 1).unwrap();
    assert!(text(TokensIn::Auto).contains("until they are renewed"));
    assert!(text(TokensIn::File).ends_with("credentials.json (tokens = file)"));
    machine
        .keyring
        .becomes(Some(Trouble::Absent("why".to_owned())));
    let absent = said(TokensIn::Auto);
    assert!(
        absent
            .text
            .ends_with("(tokens = auto): there is no keyring: why")
    );
    assert!(!absent.is_doubtful);
    machine
        .keyring
        .becomes(Some(Trouble::Locked("why".to_owned())));
    assert!(said(TokensIn::Auto).is_doubtful);
}

#[test]
fn tokens_are_not_shown() {
    let machine = Machine::new();
    machine.save(TokensIn::Auto, 1).unwrap();
    let shown = format!("{:?} {:?}", kept(1), machine.store(TokensIn::Auto));
    assert!(!shown.contains("secret"), "{shown}");
}

fn hub() -> HubAddress {
    "hub.example".parse().unwrap()
}
