//! Which faults are declared, and when: what fails outside of them is a defect.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

/// Counts beginnings and ends: an odd number is a fault that lasts.
#[derive(Debug, Default)]
pub(super) struct Faults(AtomicUsize);

/// Whether something may have failed for a declared reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    Quiet,
    Fault,
}

/// The count when something began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment(usize);

impl Faults {
    /// A fault, from its beginning until everything is well again.
    pub(super) fn during(&self, fault: impl FnOnce()) {
        self.0.fetch_add(1, Ordering::SeqCst);
        fault();
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn now(&self) -> Moment {
        Moment(self.0.load(Ordering::SeqCst))
    }

    /// What held from that moment until now.
    pub(super) fn since(&self, moment: Moment) -> Weather {
        if moment.0.is_multiple_of(2) && self.now() == moment {
            Weather::Quiet
        } else {
            Weather::Fault
        }
    }
}
