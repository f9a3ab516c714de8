//! Users come, change and go, and with them what their clients may do.

use std::rc::Rc;

use acl::file::Reading;
use acl::{RuleError, User, Users, words};
use config::enums::AclPubsubDefault;

use crate::client::{ClientId, client_flag};
use crate::effect::Effect;
use crate::state::State;

/// Why a user could not be changed.
#[derive(Debug, PartialEq, Eq)]
pub enum UserError {
    /// The word whose parenthesis stays open.
    Unmatched(Vec<u8>),
    /// The rule, and what is wrong with it.
    Rule(Vec<u8>, RuleError),
}

impl UserError {
    /// What the operator or the module reads.
    pub fn text(&self) -> Vec<u8> {
        match self {
            UserError::Unmatched(first) => {
                [b"Unmatched parenthesis in acl selector starting at '", first.as_slice(), b"'."]
                    .concat()
            }
            UserError::Rule(rule, error) => {
                let rule = stdx::text::until_nul(rule);
                [b"Error in ACL SETUSER modifier '", rule, b"': ", error.text().as_bytes()].concat()
            }
        }
    }
}

impl State {
    /// Whether new users may listen to all channels.
    pub fn new_users_have_all_channels(&self) -> bool {
        self.config.acl_pubsub_default == AclPubsubDefault::Allchannels
    }

    /// A user with rules applied, all or none.
    pub fn with_rules(&self, user: &User, rules: &[&[u8]]) -> Result<User, UserError> {
        let rules = words::gather(rules).map_err(|first| UserError::Unmatched(first.to_vec()))?;
        let mut next = user.clone();
        let all_channels = self.new_users_have_all_channels();
        for rule in &rules {
            next.apply(rule, all_channels, &self.table)
                .map_err(|error| UserError::Rule(rule.to_vec(), error))?;
        }
        Ok(next)
    }

    /// ACL SETUSER: makes or changes a user.
    pub fn set_user_rules(&mut self, name: &str, rules: &[&[u8]]) -> Result<(), UserError> {
        let fresh = || User::new(name, self.new_users_have_all_channels());
        let known = self.permissions.users.get(name.as_bytes());
        let old = known.map_or_else(fresh, |user| User::clone(user));
        let next = self.with_rules(&old, rules)?;
        self.put_user(next);
        Ok(())
    }

    /// Puts a user in, in the place of one of the same name.
    pub fn put_user(&mut self, user: User) {
        let user = Rc::new(user);
        let old = self.permissions.users.get(user.name().as_bytes()).cloned();
        self.permissions.users.put(user.clone());
        if let Some(old) = old {
            self.exchange_user(&old, &user);
        }
    }

    /// Makes all clients of a user those of another. Who listens to what the other may not is cut off.
    pub fn exchange_user(&mut self, old: &Rc<User>, new: &Rc<User>) {
        for client in self.clients_of(old) {
            self.set_user(client, new.clone());
            if self.listens_unpermitted(client) {
                self.kill_client(client);
            }
        }
    }

    /// ACL DELUSER: takes a user out and cuts its clients off.
    pub fn delete_user(&mut self, name: &[u8]) -> bool {
        let Some(user) = self.permissions.users.remove(name) else { return false };
        self.cut_off(&user);
        true
    }

    /// Ends the connections of a user that is no more.
    pub fn cut_off(&mut self, user: &Rc<User>) {
        for client in self.clients_of(user) {
            self.tell_user_change(client);
            self.set_user(client, self.permissions.users.default_user().clone());
            self.kill_client(client);
        }
    }

    fn clients_of(&self, user: &Rc<User>) -> Vec<ClientId> {
        let theirs = self.clients.iter().filter(|(_, client)| Rc::ptr_eq(&client.user, user));
        theirs.map(|(id, _)| id).collect()
    }

    /// Whether a client listens to something its user may not listen to.
    fn listens_unpermitted(&self, client: ClientId) -> bool {
        let session = &self.clients[client];
        let permitted = |names: &indexmap::IndexSet<Rc<[u8]>>, is_pattern: bool| {
            names.iter().all(|name| session.user.allows_channel(name, is_pattern))
        };
        !(permitted(&session.channels, false)
            && permitted(&session.shard_channels, false)
            && permitted(&session.patterns, true))
    }

    /// Closes a client; who asked for it himself is still replied to.
    pub fn kill_client(&mut self, client: ClientId) {
        let Some(session) = self.clients.get_mut(client) else { return };
        if !session.is_real() {
            return;
        }
        if self.executing == Some(client) {
            session.set(client_flag::CLOSE_AFTER_REPLY, true);
        } else {
            session.set(client_flag::CLOSE_ASAP, true);
            // The other end hears of it now, however long the command goes on.
            (self.host.port.shut_connection)(session.peer.file_descriptor);
            self.effects.push(Effect::Disconnect { client, after_reply: false });
        }
    }

    /// Commands or categories have come or gone: what the rules say of them is worked out anew.
    pub fn recompute_users(&mut self) {
        let users: Vec<Rc<User>> = self.permissions.users.iter().cloned().collect();
        for old in users {
            let mut user = User::clone(&old);
            user.recompute(&self.table);
            let user = Rc::new(user);
            self.permissions.users.put(user.clone());
            for client in self.clients_of(&old) {
                self.set_user(client, user.clone());
            }
        }
    }

    /// The default user's password follows `requirepass`.
    pub(crate) fn follow_requirepass(&mut self) {
        let password = self.config.requirepass.clone();
        let mut user = User::clone(self.permissions.users.default_user());
        let rules: [&[u8]; 2] = if password.is_empty() {
            [b"resetpass", b"nopass"]
        } else {
            [b"resetpass", &[b">", password.as_slice()].concat()]
        };
        let changed = user.apply_all(rules, false, &self.table);
        changed.expect("rules about passwords in clear are always valid");
        self.put_user(user);
    }

    /// Puts other users in the place of all there are.
    fn replace_users(&mut self, users: Users) {
        let old = std::mem::replace(&mut self.permissions.users, users);
        let superuser = self.permissions.users.superuser().clone();
        self.exchange_user(old.superuser(), &superuser);
        for user in old.iter() {
            match self.permissions.users.get(user.name().as_bytes()).cloned() {
                Some(new) => self.exchange_user(user, &new),
                None => self.cut_off(user),
            }
        }
    }

    /// ACL LOAD, and the file's users at the start: all of them, or the errors and none.
    pub fn load_users_file(&mut self) -> Result<(), String> {
        let path = self.config.aclfile.clone();
        let file_name = String::from_utf8_lossy(&path).into_owned();
        let text = (self.host.port.read_file)(&path).map_err(|reason| {
            format!("Error loading ACLs, opening file '{file_name}': {reason}")
        })?;
        let reading = Reading {
            file_name: &file_name,
            all_channels: self.new_users_have_all_channels(),
            catalog: &self.table,
        };
        let users = reading.users(&text)?;
        self.replace_users(users);
        Ok(())
    }

    /// ACL SAVE.
    pub fn save_users_file(&mut self) -> Result<(), String> {
        let text = acl::file::text(&self.permissions.users);
        (self.host.port.replace_file)(&self.config.aclfile, &text)
    }

    /// A `user` line of redis.conf: the name and the rules; else what is to be told of it.
    pub fn load_configured_user(&mut self, words: &[Vec<u8>]) -> Result<(), String> {
        let [name, rules @ ..] = words else { return Ok(()) };
        if !acl::file::is_valid_name(name) {
            return Err("Spaces not allowed in ACL usernames".to_owned());
        }
        let rules: Vec<&[u8]> = rules.iter().map(Vec::as_slice).collect();
        let all_channels = self.new_users_have_all_channels();
        match acl::file::read_user(name, &rules, all_channels, &self.table) {
            Ok(user) => {
                self.put_user(user);
                Ok(())
            }
            Err(errors) => {
                let told = errors.iter().map(|(rule, error)| {
                    format!(
                        "Error loading ACL rule '{}' for the user named '{}': {}",
                        String::from_utf8_lossy(rule),
                        String::from_utf8_lossy(name),
                        error.text()
                    )
                });
                Err(told.collect::<Vec<_>>().join("\n"))
            }
        }
    }
}
