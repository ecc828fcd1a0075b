//! Permissions, and what each role has of them.

use hackstream_control_api::account::Role;

macro_rules! permissions {
    ($($(#[$documentation:meta])* $name:ident = $text:literal: $($role:ident)*;)*) => {
        /// Something that one may be allowed to do. Its name is also a scope of service tokens.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Permission {
            $($(#[$documentation])* $name,)*
        }

        impl Permission {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As scopes name it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The roles that have it.
            #[must_use]
            pub const fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => &[$(Role::$role),*],)* }
            }
        }
    };
}

permissions! {
    /// Its own account: who am I, devices, password.
    Account = "account": Admin Auditor User;
    /// Tokens for programs.
    Tokens = "tokens": Admin Auditor User;
    /// Starting sessions.
    SessionCreate = "session.create": Admin User;
    /// Seeing, connecting to and stopping one's own sessions.
    SessionOwn = "session.own": Admin User;
    /// Seeing that sessions of others exist, and how they are; never what they show.
    SessionReadAny = "session.read_any": Admin Auditor;
    /// Stopping sessions of others.
    SessionStopAny = "session.stop_any": Admin;
    /// The list of applications.
    AppsRead = "apps.read": Admin Auditor User;
    /// Adding and changing applications.
    AppsWrite = "apps.write": Admin;
    /// The list of users.
    UsersRead = "users.read": Admin Auditor;
    /// Adding, changing and disabling users.
    UsersWrite = "users.write": Admin;
    /// Policies and quotas of others.
    PoliciesRead = "policies.read": Admin Auditor;
    /// Changing policies and quotas.
    PoliciesWrite = "policies.write": Admin;
    /// The list of nodes.
    NodesRead = "nodes.read": Admin Auditor;
    /// Letting nodes in, and taking them out of service or out for good.
    NodesWrite = "nodes.write": Admin;
    /// How many sessions wait warm.
    PoolRead = "pool.read": Admin Auditor;
    /// Changing that.
    PoolWrite = "pool.write": Admin;
    /// Rows of the audit log that concern oneself.
    AuditOwn = "audit.own": Admin Auditor User;
    /// The whole audit log.
    AuditAny = "audit.any": Admin Auditor;
    /// Metrics.
    Metrics = "metrics": Admin Auditor;
}

impl Permission {
    /// The permission of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|permission| permission.name() == name).copied()
    }

    /// Whether a role has it.
    #[must_use]
    pub fn is_of(self, role: Role) -> bool {
        self.roles().contains(&role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_changes_nothing_and_nobody_connects_to_others() {
        let auditors = Permission::ALL
            .iter()
            .filter(|each| each.is_of(Role::Auditor));
        let changing = auditors.filter(|each| {
            each.name().ends_with("write") || each.name().starts_with("session.stop")
        });
        assert_eq!(changing.count(), 0);
        assert!(
            !Permission::ALL
                .iter()
                .any(|each| each.name().contains("connect_any"))
        );
    }

    #[test]
    fn names_are_unique() {
        for permission in Permission::ALL {
            assert_eq!(Permission::named(permission.name()), Some(*permission));
        }
    }
}
