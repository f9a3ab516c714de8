//! Scored sets against a sorted vector.

use super::ScoredSet;
use crate::HashSeed;
use proptest::prelude::*;

type Model = Vec<(f64, Vec<u8>)>;

fn sort(model: &mut Model) {
    model.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
}

fn check(set: &ScoredSet, model: &Model) {
    assert_eq!(set.len(), model.len());
    let all: Vec<_> = set.iter_from(0).map(|(member, score)| (score, member.to_vec())).collect();
    assert_eq!(all, *model);
    let mut back: Vec<_> =
        set.iter_back_from(set.len()).map(|(member, score)| (score, member.to_vec())).collect();
    back.reverse();
    assert_eq!(back, *model);
    for (rank, (score, member)) in model.iter().enumerate().step_by(1 + model.len() / 20) {
        assert_eq!(set.at(rank), Some((&member[..], *score)));
        assert_eq!(set.rank(member), Some(rank));
        assert_eq!(set.score(member), Some(*score));
        assert_eq!(
            set.count_leading(|s, m| (s, m) < (*score, &member[..])),
            rank,
            "members before {member:?}"
        );
        let tail = set.iter_from(rank).next();
        assert_eq!(tail, Some((&member[..], *score)));
        let below = set.iter_back_from(rank).next().map(|(member, _)| member.to_vec());
        assert_eq!(below, rank.checked_sub(1).map(|rank| model[rank].1.clone()));
    }
    assert_eq!(set.at(model.len()), None);
}

fn play(steps: &[(u8, u16, i8)], members: u16) {
    let (mut set, mut model): (ScoredSet, Model) =
        (ScoredSet::new(HashSeed::new([7; 16]), 0), vec![]);
    for (index, (kind, member, score)) in steps.iter().enumerate() {
        let member = (member % members).to_string().into_bytes();
        let found = model.iter().position(|(_, held)| *held == member);
        if *kind % 3 == 0 {
            let expected = found.map(|at| model.remove(at).0);
            assert_eq!(set.remove(&member), expected);
        } else {
            let score = f64::from(*score) / 2.0;
            let expected = found.map(|at| model.remove(at).0);
            assert_eq!(set.insert(&member, score), expected);
            model.push((score, member));
            sort(&mut model);
        }
        if index % 97 == 0 {
            check(&set, &model);
        }
    }
    check(&set, &model);
    check(&set.clone(), &model);
    for (_, member) in std::mem::take(&mut model) {
        assert!(set.remove(&member).is_some());
    }
    check(&set, &model);
}

#[test]
fn ascending_and_descending() {
    let count: i32 = if cfg!(miri) { 300 } else { 20_000 };
    for step in [1, -1] {
        let mut set = ScoredSet::new(HashSeed::new([7; 16]), 0);
        for index in 0..count {
            set.insert(index.to_string().as_bytes(), f64::from(index * step));
        }
        assert_eq!(set.len(), count as usize);
        assert!(set.iter_from(0).map(|(_, score)| score).is_sorted());
        for index in (0..count).filter(|index| index % 7 != 0) {
            assert!(set.remove(index.to_string().as_bytes()).is_some());
        }
        assert!(set.iter_from(0).map(|(_, score)| score).is_sorted());
        assert_eq!(set.iter_from(0).count(), set.len());
        assert_eq!(set.iter_from(3).count(), set.len() - 3);
    }
}

#[test]
fn long_members() {
    let mut set = ScoredSet::new(HashSeed::new([7; 16]), 0);
    for len in [0usize, 1, 250, 251, 252, 300, 70_000] {
        let member = vec![b'x'; len];
        assert_eq!(set.insert(&member, len as f64), None);
        assert_eq!(set.score(&member), Some(len as f64));
    }
    let lengths: Vec<usize> = set.iter_from(0).map(|(member, _)| member.len()).collect();
    assert_eq!(lengths, [0, 1, 250, 251, 252, 300, 70_000]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 24 }))]

    #[test]
    fn like_a_sorted_vector(
        steps in prop::collection::vec(any::<(u8, u16, i8)>(), 1..if cfg!(miri) { 200 } else { 2000 }),
        members in 1u16..1000,
    ) {
        play(&steps, members);
    }
}

#[test]
fn moved_members_stay_in_their_order() {
    let mut set = ScoredSet::new(HashSeed::new([5; 16]), 0);
    let name = |index: u32| format!("member {index}").into_bytes();
    for index in 0..3000 {
        set.insert(&name(index), f64::from(index % 7));
    }
    let before: Vec<(Vec<u8>, f64)> =
        set.iter_from(0).map(|(member, score)| (member.to_vec(), score)).collect();
    let mut asked = 0;
    let mut judge = |_| {
        asked += 1;
        asked % 3 != 0
    };
    let mut cursor = set.relocate_members(0, &mut judge);
    while cursor != 0 {
        cursor = set.relocate_members(cursor, &mut judge);
    }
    let mut rank = Some(0);
    while let Some(at) = rank {
        rank = set.relocate_order(at, &mut judge);
    }
    assert!(asked > 3000);
    assert!(set.iter_from(0).eq(before.iter().map(|(member, score)| (&member[..], *score))));
    for index in 0..3000 {
        assert_eq!(set.remove(&name(index)), Some(f64::from(index % 7)));
    }
    assert!(set.is_empty());
}
