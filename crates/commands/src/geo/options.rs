//! Reading what a search asks for.

use engine::{CommandError, error};
use keyspace::SortedSet;
use stdx::geo::{Area, Point};

use crate::arguments::{self, is};

const NO_SUCH_MEMBER: CommandError =
    CommandError::constant("ERR could not decode requested zset member");
const RADIUS_NOT_A_FLOAT: CommandError = CommandError::constant("ERR need numeric radius");
const RADIUS_NEGATIVE: CommandError = CommandError::constant("ERR radius cannot be negative");
const WIDTH_NOT_A_FLOAT: CommandError = CommandError::constant("ERR need numeric width");
const HEIGHT_NOT_A_FLOAT: CommandError = CommandError::constant("ERR need numeric height");
const BOX_NEGATIVE: CommandError = CommandError::constant("ERR height or width cannot be negative");
const COUNT_NOT_POSITIVE: CommandError = CommandError::constant("ERR COUNT must be > 0");
const ANY_WITHOUT_COUNT: CommandError =
    CommandError::constant("ERR the ANY argument requires COUNT argument");

/// Which command is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Search,
    SearchStore,
    /// GEORADIUS and GEORADIUSBYMEMBER; with STORE, or their read-only forms.
    Radius {
        may_store: bool,
    },
}

impl Form {
    fn is_search(self) -> bool {
        matches!(self, Form::Search | Form::SearchStore)
    }

    /// The event of what is stored.
    pub fn store_event(self) -> &'static str {
        if self.is_search() { "geosearchstore" } else { "georadiusstore" }
    }

    fn name(self) -> &'static str {
        match self {
            Form::Search => "GEOSEARCH",
            Form::SearchStore => "GEOSEARCHSTORE",
            Form::Radius { .. } => "STORE option in GEORADIUS",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Ascending,
    Descending,
}

/// What is stored as the score.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StoredScore {
    Hash,
    Distance,
}

/// What a search is asked.
pub(super) struct Request<'a> {
    /// `None`: of a member of a key that is not there.
    pub center: Option<Point>,
    pub area: Option<Area>,
    pub unit_m: f64,
    pub with_coordinates: bool,
    pub with_distance: bool,
    pub with_hash: bool,
    pub order: Option<Order>,
    /// At most so many results.
    pub count: Option<usize>,
    /// Any results, as soon as there are enough.
    pub any: bool,
    pub store: Option<(&'a [u8], StoredScore)>,
    is_around_member: Option<bool>,
    form: Form,
}

type Words<'a> = &'a [&'a [u8]];

impl<'a> Request<'a> {
    pub fn new(form: Form) -> Self {
        Self {
            center: None,
            area: None,
            unit_m: 1.0,
            with_coordinates: false,
            with_distance: false,
            with_hash: false,
            order: None,
            count: None,
            any: false,
            store: None,
            is_around_member: None,
            form,
        }
    }

    /// Searches around a place.
    pub fn set_center(&mut self, longitude: &[u8], latitude: &[u8]) -> Result<(), CommandError> {
        self.center = Some(super::point(longitude, latitude)?);
        self.is_around_member = Some(false);
        Ok(())
    }

    /// Searches around a member; of a key that is not there nothing is found.
    pub fn set_center_member(
        &mut self,
        set: Option<&SortedSet>,
        member: &[u8],
    ) -> Result<(), CommandError> {
        let place = set.map(|set| super::place_of(set, member).ok_or(NO_SUCH_MEMBER));
        self.center = place.transpose()?;
        self.is_around_member = Some(true);
        Ok(())
    }

    /// Searches within a radius.
    pub fn by_radius(&mut self, radius: &[u8], unit: &[u8]) -> Result<(), CommandError> {
        let radius = stdx::number::parse_f64(radius).ok_or(RADIUS_NOT_A_FLOAT)?;
        if radius < 0.0 {
            return Err(RADIUS_NEGATIVE);
        }
        self.unit_m = super::unit_m(unit)?;
        self.area = Some(Area::Circle { radius_m: radius * self.unit_m });
        Ok(())
    }

    fn is_box(&self) -> Option<bool> {
        self.area.map(|area| matches!(area, Area::Box { .. }))
    }

    fn by_box(&mut self, width: &[u8], height: &[u8], unit: &[u8]) -> Result<(), CommandError> {
        let width = stdx::number::parse_f64(width).ok_or(WIDTH_NOT_A_FLOAT)?;
        let height = stdx::number::parse_f64(height).ok_or(HEIGHT_NOT_A_FLOAT)?;
        if width < 0.0 || height < 0.0 {
            return Err(BOX_NEGATIVE);
        }
        self.unit_m = super::unit_m(unit)?;
        self.area =
            Some(Area::Box { width_m: width * self.unit_m, height_m: height * self.unit_m });
        Ok(())
    }

    /// Reads the options, and checks them against each other.
    pub fn read_options(
        &mut self,
        mut words: Words<'a>,
        set: Option<&SortedSet>,
    ) -> Result<(), CommandError> {
        while !words.is_empty() {
            words = match self.read_flag(words)? {
                Some(rest) => rest,
                None if self.form.is_search() => self.read_search_option(words, set)?,
                None => self.read_store_option(words)?,
            };
        }
        self.check()
    }

    /// Reads an option that all forms have.
    fn read_flag(&mut self, words: Words<'a>) -> Result<Option<Words<'a>>, CommandError> {
        let [word, rest @ ..] = words else { return Ok(None) };
        match () {
            () if is(word, "WITHDIST") => self.with_distance = true,
            () if is(word, "WITHHASH") => self.with_hash = true,
            () if is(word, "WITHCOORD") => self.with_coordinates = true,
            () if is(word, "ANY") => self.any = true,
            () if is(word, "ASC") => self.order = Some(Order::Ascending),
            () if is(word, "DESC") => self.order = Some(Order::Descending),
            () => {
                let ([count, rest @ ..], true) = (rest, is(word, "COUNT")) else {
                    return Ok(None);
                };
                let count = usize::try_from(arguments::integer(count)?).unwrap_or(0);
                if count == 0 {
                    return Err(COUNT_NOT_POSITIVE);
                }
                self.count = Some(count);
                return Ok(Some(rest));
            }
        }
        Ok(Some(rest))
    }

    fn read_search_option(
        &mut self,
        words: Words<'a>,
        set: Option<&SortedSet>,
    ) -> Result<Words<'a>, CommandError> {
        // An option may be repeated, but not go with the other one of its kind.
        let (is_around_member, is_box) = (self.is_around_member, self.is_box());
        match words {
            [word, member, rest @ ..]
                if is(word, "FROMMEMBER") && is_around_member != Some(false) =>
            {
                self.set_center_member(set, member)?;
                Ok(rest)
            }
            [word, longitude, latitude, rest @ ..]
                if is(word, "FROMLONLAT") && is_around_member != Some(true) =>
            {
                self.set_center(longitude, latitude)?;
                Ok(rest)
            }
            [word, radius, unit, rest @ ..] if is(word, "BYRADIUS") && is_box != Some(true) => {
                self.by_radius(radius, unit)?;
                Ok(rest)
            }
            [word, width, height, unit, rest @ ..]
                if is(word, "BYBOX") && is_box != Some(false) =>
            {
                self.by_box(width, height, unit)?;
                Ok(rest)
            }
            [word, rest @ ..] if is(word, "STOREDIST") && self.form == Form::SearchStore => {
                self.store = self.store.map(|(key, _)| (key, StoredScore::Distance));
                Ok(rest)
            }
            _ => Err(error::SYNTAX),
        }
    }

    fn read_store_option(&mut self, words: Words<'a>) -> Result<Words<'a>, CommandError> {
        let (Form::Radius { may_store: true }, [word, key, rest @ ..]) = (self.form, words) else {
            return Err(error::SYNTAX);
        };
        let score = match () {
            () if is(word, "STORE") => StoredScore::Hash,
            () if is(word, "STOREDIST") => StoredScore::Distance,
            () => return Err(error::SYNTAX),
        };
        self.store = Some((key, score));
        Ok(rest)
    }

    fn check(&mut self) -> Result<(), CommandError> {
        let name = self.form.name();
        if self.store.is_some() && (self.with_distance || self.with_hash || self.with_coordinates) {
            return Err(CommandError::err(format!(
                "{name} is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
            )));
        }
        if self.form.is_search() && self.is_around_member.is_none() {
            return Err(CommandError::err(format!(
                "exactly one of FROMMEMBER or FROMLONLAT can be specified for {name}"
            )));
        }
        if self.form.is_search() && self.area.is_none() {
            return Err(CommandError::err(format!(
                "exactly one of BYRADIUS and BYBOX can be specified for {name}"
            )));
        }
        if self.any && self.count.is_none() {
            return Err(ANY_WITHOUT_COUNT);
        }
        // The nearest ones, unless any will do.
        if self.count.is_some() && !self.any {
            self.order = self.order.or(Some(Order::Ascending));
        }
        Ok(())
    }
}
