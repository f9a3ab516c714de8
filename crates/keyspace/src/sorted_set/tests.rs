//! Sorted sets against a sorted vector, through both encodings.

use proptest::prelude::*;
use structures::HashSeed;

use super::{SortedSet, SortedSetEncoding, SortedSetLimits};
use crate::element::to_vec;

const LIMITS: SortedSetLimits = SortedSetLimits {
    listpack_entries_max: 12,
    listpack_value_bytes_max: 5,
    seed: HashSeed::new([3; 16]),
};

fn check(set: &SortedSet, model: &[(f64, Vec<u8>)]) {
    assert_eq!(set.len(), model.len());
    let all: Vec<_> = set.iter_from(0).map(|(member, score)| (score, to_vec(member))).collect();
    assert_eq!(all, model);
    for (rank, (score, member)) in model.iter().enumerate() {
        assert_eq!(set.score(member), Some(*score));
        assert_eq!(set.rank(member), Some(rank));
        assert_eq!(set.at(rank).map(|(member, _)| to_vec(member)).as_ref(), Some(member));
        assert_eq!(set.count_leading(|s, m| (s, m) < (*score, &member[..])), rank);
        let back: Vec<_> = set.iter_back_from(rank).map(|(member, _)| to_vec(member)).collect();
        assert!(back.iter().eq(model[..rank].iter().rev().map(|(_, member)| member)));
    }
}

proptest! {
    #[test]
    fn like_a_sorted_vector(
        steps in prop::collection::vec((0u8..4, "[0-9]{1,2}|[a-c]{0,6}", -4i8..4), 1..80),
        few in any::<bool>(),
    ) {
        let mut set = SortedSet::for_members(if few { 0 } else { 100 }, 0, &LIMITS);
        let mut model: Vec<(f64, Vec<u8>)> = Vec::new();
        for (kind, member, score) in steps {
            let member = member.into_bytes();
            let found = model.iter().position(|(_, held)| *held == member);
            match kind {
                0 => prop_assert_eq!(set.remove(&member), found.map(|at| model.remove(at).0)),
                1 if model.len() > 3 => {
                    prop_assert_eq!(set.remove_ranks(1, 2), 2);
                    model.drain(1..3);
                    set.shrink(&LIMITS);
                }
                _ => {
                    let score = f64::from(score) / 3.0;
                    let before = found.map(|at| model.remove(at).0);
                    prop_assert_eq!(set.insert(&member, score, &LIMITS), before);
                    model.push((score, member));
                    model.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
                }
            }
            check(&set, &model);
        }
        check(&set.clone(), &model);
    }
}

#[test]
fn scores_survive_the_listpack() {
    let mut set = SortedSet::for_members(0, 0, &LIMITS);
    let scores = [f64::NEG_INFINITY, -1e300, -1.5, 0.1, 3.0, 1e17, 1e300, f64::INFINITY];
    for (index, score) in scores.into_iter().enumerate() {
        set.insert(index.to_string().as_bytes(), score, &LIMITS);
    }
    assert_eq!(set.encoding(), SortedSetEncoding::Listpack);
    assert_eq!(set.iter_from(0).map(|(_, score)| score).collect::<Vec<_>>(), scores);
}
