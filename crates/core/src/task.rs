//! A tiny deterministic executor, so that flows of several network round trips can be written as `async`
//! functions while the core stays a state machine that the host drives (docs/adr/0003-async-inside-sans-io.md).
//!
//! No clock and no I/O: tasks run only inside a `handle_*` call, until each waits for something.

use asterism_wire::Timestamp;
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex},
    task::{Context, Poll, Wake, Waker},
};

type TaskId = u64;
type BoxedTask = Pin<Box<dyn Future<Output = ()>>>;

/// Tasks that were woken, in order.
#[derive(Default)]
struct Ready(Mutex<VecDeque<TaskId>>);

impl Ready {
    fn push(&self, id: TaskId) {
        let mut queue = self.0.lock().expect("no task panics while it wakes another");
        if !queue.contains(&id) {
            queue.push_back(id);
        }
    }

    fn pop(&self) -> Option<TaskId> {
        self.0.lock().expect("no task panics while it wakes another").pop_front()
    }
}

struct TaskWaker {
    id: TaskId,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.ready.push(self.id);
    }
}

/// All tasks of one core.
#[derive(Default)]
pub(crate) struct Tasks {
    running: RefCell<BTreeMap<TaskId, BoxedTask>>,
    next_id: Cell<TaskId>,
    ready: Arc<Ready>,
    timers: RefCell<BTreeMap<(Timestamp, u64), Waker>>,
    next_timer: Cell<u64>,
}

impl Tasks {
    /// Starts a task; it runs at the next [`Tasks::run`].
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        self.running.borrow_mut().insert(id, Box::pin(task));
        self.ready.push(id);
    }

    /// Runs until every task waits, or until `has_failed` after one of them: then the others must not go on.
    pub(crate) fn run(&self, has_failed: impl Fn() -> bool) {
        while !has_failed()
            && let Some(id) = self.ready.pop()
        {
            let Some(mut task) = self.running.borrow_mut().remove(&id) else { continue };
            let waker = Waker::from(Arc::new(TaskWaker { id, ready: Arc::clone(&self.ready) }));
            if task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
                self.running.borrow_mut().insert(id, task);
            }
        }
    }

    /// Wakes what waited for a time that has come.
    pub(crate) fn wake_timers(&self, now: Timestamp) {
        let mut timers = self.timers.borrow_mut();
        while let Some(entry) = timers.first_entry() {
            if entry.key().0 > now {
                break;
            }
            entry.remove().wake();
        }
    }

    /// Ends every task where it waits.
    pub(crate) fn clear(&self) {
        let tasks = std::mem::take(&mut *self.running.borrow_mut());
        drop(tasks);
        self.timers.borrow_mut().clear();
    }

    /// When the next timer is due.
    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        self.timers.borrow().first_key_value().map(|((at, _), _)| *at)
    }

    /// Waits for a time. `now` is read anew each time the task is polled.
    pub(crate) fn sleep_until<'a>(
        &'a self,
        at: Timestamp,
        now: &'a Cell<Timestamp>,
    ) -> impl Future<Output = ()> + 'a {
        std::future::poll_fn(move |context| {
            if now.get() >= at {
                return Poll::Ready(());
            }
            let id = self.next_timer.get();
            self.next_timer.set(id + 1);
            self.timers.borrow_mut().insert((at, id), context.waker().clone());
            Poll::Pending
        })
    }
}

/// One value from one task to another.
pub(crate) fn oneshot<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Rc::new(RefCell::new(Slot { value: None, waker: None, closed: false }));
    (Sender(Rc::clone(&shared)), Receiver(shared))
}

struct Slot<T> {
    value: Option<T>,
    waker: Option<Waker>,
    closed: bool,
}

pub(crate) struct Sender<T>(Rc<RefCell<Slot<T>>>);

impl<T> Sender<T> {
    pub(crate) fn send(self, value: T) {
        self.0.borrow_mut().value = Some(value);
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut slot = self.0.borrow_mut();
        slot.closed = true;
        if let Some(waker) = slot.waker.take() {
            waker.wake();
        }
    }
}

/// Resolves to `None` when the sender went away without a value.
pub(crate) struct Receiver<T>(Rc<RefCell<Slot<T>>>);

impl<T> Future for Receiver<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut slot = self.0.borrow_mut();
        if let Some(value) = slot.value.take() {
            return Poll::Ready(Some(value));
        }
        if slot.closed {
            return Poll::Ready(None);
        }
        slot.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// Something that changes and is waited for.
#[derive(Default)]
pub(crate) struct Signal(RefCell<Vec<Waker>>);

impl Signal {
    /// Wakes everybody who waits.
    pub(crate) fn notify(&self) {
        for waker in self.0.borrow_mut().drain(..) {
            waker.wake();
        }
    }

    /// Waits until `ready` gives a value; it is asked now and after each [`Signal::notify`].
    pub(crate) async fn wait_for<T>(&self, mut ready: impl FnMut() -> Option<T>) -> T {
        std::future::poll_fn(|context| match ready() {
            Some(value) => Poll::Ready(value),
            None => {
                self.0.borrow_mut().push(context.waker().clone());
                Poll::Pending
            }
        })
        .await
    }
}

/// A lock that tasks wait for, first come first served.
#[derive(Default)]
pub(crate) struct TaskLock {
    held: Cell<bool>,
    queue: RefCell<VecDeque<Waker>>,
}

impl TaskLock {
    /// Waits for the lock.
    pub(crate) async fn lock(self: &Rc<Self>) -> TaskLockGuard {
        std::future::poll_fn(|context| {
            if self.held.replace(true) {
                self.queue.borrow_mut().push_back(context.waker().clone());
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        TaskLockGuard(Rc::clone(self))
    }
}

/// Gives the lock back when dropped.
pub(crate) struct TaskLockGuard(Rc<TaskLock>);

impl Drop for TaskLockGuard {
    fn drop(&mut self) {
        self.0.held.set(false);
        if let Some(waker) = self.0.queue.borrow_mut().pop_front() {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_wait_for_one_another_and_for_time() {
        let tasks = Rc::new(Tasks::default());
        let now = Rc::new(Cell::new(Timestamp(0)));
        let log = Rc::new(RefCell::new(Vec::new()));
        let (sender, receiver) = oneshot::<u8>();
        let seen = Rc::clone(&log);
        tasks.spawn(async move {
            let value = receiver.await;
            seen.borrow_mut().push(value);
        });
        let (inner, clock) = (Rc::clone(&tasks), Rc::clone(&now));
        tasks.spawn(async move {
            inner.sleep_until(Timestamp(5), &clock).await;
            sender.send(7);
        });
        tasks.run(|| false);
        assert!(log.borrow().is_empty());
        assert_eq!(tasks.next_timeout(), Some(Timestamp(5)));
        now.set(Timestamp(5));
        tasks.wake_timers(Timestamp(5));
        tasks.run(|| false);
        assert_eq!(*log.borrow(), vec![Some(7)]);
        assert_eq!(tasks.next_timeout(), None);
    }

    #[test]
    fn a_lock_is_held_by_one_at_a_time() {
        let tasks = Tasks::default();
        let lock = Rc::new(TaskLock::default());
        let gate = Rc::new(Signal::default());
        let open = Rc::new(Cell::new(false));
        let order = Rc::new(RefCell::new(Vec::new()));
        for name in ["a", "b"] {
            let (lock, gate, open, order) =
                (Rc::clone(&lock), Rc::clone(&gate), Rc::clone(&open), Rc::clone(&order));
            tasks.spawn(async move {
                let _guard = lock.lock().await;
                order.borrow_mut().push(format!("{name} in"));
                gate.wait_for(|| open.get().then_some(())).await;
                order.borrow_mut().push(format!("{name} out"));
            });
        }
        tasks.run(|| false);
        open.set(true);
        gate.notify();
        tasks.run(|| false);
        assert_eq!(*order.borrow(), ["a in", "a out", "b in", "b out"]);
    }
}
