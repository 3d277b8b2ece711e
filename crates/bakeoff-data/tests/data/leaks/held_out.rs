//! Changes of which rows are held out: of whom they are, how many, and in which order.

use bakeoff_data::interactions::Axis;
use bakeoff_data::splits::Assigned;
use bakeoff_data::steps::Train;
use bakeoff_data::{Ids, Interactions, Ordered};

/// What becomes of the rows that are not train's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeldOut {
    /// They stay.
    AsTheyAre,
    /// There are none.
    Gone,
    /// Every second one is left, and the users and items that only the others had are gone.
    Fewer,
    /// Each comes three times.
    More,
    /// They are of the next user but one.
    OtherUsers,
    /// They are of the third item from theirs.
    OtherItems,
    /// They are of users and items that nothing else is of.
    NewUsersAndItems,
    /// What was newest is oldest, before all of train and in between.
    OtherOrder,
}

impl HeldOut {
    pub(super) const CHANGES: [Self; 7] = [
        Self::Gone,
        Self::Fewer,
        Self::More,
        Self::OtherUsers,
        Self::OtherItems,
        Self::NewUsersAndItems,
        Self::OtherOrder,
    ];

    /// The data with other rows held out, and what train has of it. Rows of train come before all others of the source,
    /// so that its users and items have the same numbers whatever is held out.
    pub(super) fn apply(self, data: Ordered, assigned: &[Assigned]) -> (Interactions, Train) {
        let mut table = data.table;
        table.part = Some(assigned.to_vec());
        let rows = 0..assigned.len() as u32;
        let (train, others): (Vec<u32>, Vec<u32>) =
            rows.partition(|&row| assigned[row as usize] == Assigned::Train);
        let others = match self {
            Self::Gone => Vec::new(),
            Self::Fewer => others.into_iter().step_by(2).collect(),
            Self::More => others.repeat(3),
            _ => others,
        };
        let n_train = train.len();
        table.reorder(&[train, others].concat());
        let Interactions { user, item, users, items, timestamp: Some(times), .. } = &mut table
        else {
            panic!("the fixture has times")
        };
        for row in n_train..user.len() {
            match self {
                Self::OtherUsers => user[row] = (user[row] + 2) % users.len() as u32,
                Self::OtherItems => item[row] = (item[row] + 3) % items.len() as u32,
                Self::NewUsersAndItems => {
                    user[row] = users.index_or_add(&format!("new user {}", row % 3));
                    item[row] = items.index_or_add(&format!("new item {}", row % 4));
                }
                Self::OtherOrder => times[row] = 450.0 - times[row],
                _ => {}
            }
        }
        for axis in [Axis::Users, Axis::Items] {
            let ids: &Ids = if axis == Axis::Users { &table.users } else { &table.items };
            let n = ids.len() as u32;
            for column in table.columns_of_mut(axis) {
                let n_old = column.values.len() as u32;
                // What is known of a new one is what is known of an old one.
                column.values = column.values.take((0..n).map(|entry| Some(entry % n_old)));
            }
        }
        let table = Ordered::of(table).unwrap().table;
        let train = Train::of(&table, table.part.as_deref().unwrap());
        (table, train)
    }
}
