//! All users by name.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::user::User;

/// The user connections have before they name another.
pub const DEFAULT: &str = "default";

/// All users; the default one is always there.
#[derive(Clone, Debug)]
pub struct Users {
    by_name: BTreeMap<Box<[u8]>, Rc<User>>,
    default: Rc<User>,
    /// Whose calls nobody refuses: those of the primary, of modules, of the server itself.
    nobody: Rc<User>,
}

impl Default for Users {
    /// The default user alone, without limits.
    fn default() -> Users {
        let default = Rc::new(User::unrestricted(DEFAULT));
        let nobody = Rc::new(User::unrestricted("(superuser)"));
        let by_name = BTreeMap::from([(DEFAULT.as_bytes().into(), default.clone())]);
        Users { by_name, default, nobody }
    }
}

impl Users {
    pub fn default_user(&self) -> &Rc<User> {
        &self.default
    }

    pub fn superuser(&self) -> &Rc<User> {
        &self.nobody
    }

    pub fn get(&self, name: &[u8]) -> Option<&Rc<User>> {
        self.by_name.get(name)
    }

    /// Puts a user in, in the place of one of the same name.
    pub fn put(&mut self, user: Rc<User>) {
        if user.name() == DEFAULT {
            self.default = user.clone();
        }
        self.by_name.insert(user.name().as_bytes().into(), user);
    }

    /// Takes a user out; the default one stays.
    pub fn remove(&mut self, name: &[u8]) -> Option<Rc<User>> {
        if name == DEFAULT.as_bytes() {
            return None;
        }
        self.by_name.remove(name)
    }

    /// In the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Rc<User>> {
        self.by_name.values()
    }
}
