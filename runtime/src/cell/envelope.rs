//! One thing in flight: a value of any type in a pooled block, and lists of them.
//!
//! An [`Envelope`] is an owned pointer to `[ next | table | value ]`. The table says how large the
//! block is, how to drop the value and what type it has, so an envelope is a kind of
//! `Box<dyn Any + Send>` in one thin word. Values that do not fit the largest block are boxed and
//! the box lies in the block.
//!
//! An envelope made by [`Envelope::addressed`] also knows how to deliver itself to one kind of
//! receiver without anybody naming its type: that is how a server takes hundreds of message types
//! without an enum.

use std::any::TypeId;
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use crate::memory::block_pool::{self, BLOCK_ALIGN, BLOCK_MAX, Class};
use crate::primitive::unwind::quietly;

/// The first sixteen bytes of an envelope.
#[repr(C, align(16))]
pub(super) struct EnvelopeHeader {
    /// The address of the next envelope of the list that this one is in.
    next: Cell<usize>,
    table: &'static Table,
}

/// Where the value lies.
const VALUE_OFFSET: usize = size_of::<EnvelopeHeader>();
const _: () = assert!(VALUE_OFFSET == 16);
const _: () = assert!(BLOCK_ALIGN >= align_of::<EnvelopeHeader>());

/// What is the same for all envelopes of one type of value.
struct Table {
    class: Class,
    /// Whether it wakes a process that is deaf to messages, and is not counted as one.
    signal: bool,
    value: TypeId,
    name: fn() -> &'static str,
    /// Drops the value in place.
    drop: unsafe fn(NonNull<u8>),
    /// The kind of receiver that `deliver` is for.
    addressee: Option<TypeId>,
    /// What people are told that such a receiver is.
    addressee_name: fn() -> &'static str,
    /// Moves the value out and delivers it to the view that the second argument points to.
    deliver: unsafe fn(NonNull<u8>, NonNull<()>),
}

/// A kind of receiver: a type to be told apart by, and what a delivery gets to see of it.
pub(crate) trait Addressee: 'static {
    /// What a delivery works on.
    type View<'a>;

    /// What people are told that it is.
    fn name() -> &'static str;
}

/// A value that knows what to do with its receiver.
pub(crate) trait Deliver: Send + 'static {
    /// The kind of receiver.
    type To: Addressee;
    /// Hands the value over.
    fn deliver(self, to: &mut <Self::To as Addressee>::View<'_>);
}

/// How a value of this type lies in a block.
struct Stored<T>(PhantomData<T>);

impl<T> Stored<T> {
    const INLINE: bool =
        VALUE_OFFSET + size_of::<T>() <= BLOCK_MAX && align_of::<T>() <= BLOCK_ALIGN;
    const CLASS: Class = {
        let size = if Self::INLINE {
            size_of::<T>()
        } else {
            size_of::<usize>()
        };
        match Class::of(VALUE_OFFSET + size) {
            Some(class) => class,
            None => panic!("an inline value fits the largest block"),
        }
    };

    /// # Safety
    ///
    /// `at` points to the value part of a block of `CLASS`, which holds nothing.
    unsafe fn put(at: NonNull<u8>, value: T) {
        if Self::INLINE {
            // SAFETY: the class was chosen so that the value fits, and it needs no more alignment.
            unsafe { at.cast::<T>().write(value) };
        } else {
            // SAFETY: a pointer fits every class.
            unsafe { at.cast::<Box<T>>().write(Box::new(value)) };
        }
    }

    /// # Safety
    ///
    /// `at` points to the value part of a block that `put` filled, whose value is moved out here.
    unsafe fn take(at: NonNull<u8>) -> T {
        if Self::INLINE {
            // SAFETY: as the caller promises.
            unsafe { at.cast::<T>().read() }
        } else {
            // SAFETY: as the caller promises.
            *unsafe { at.cast::<Box<T>>().read() }
        }
    }

    /// # Safety
    ///
    /// As for `take`, but the value stays.
    unsafe fn get(at: NonNull<u8>) -> NonNull<T> {
        if Self::INLINE {
            at.cast()
        } else {
            // SAFETY: as the caller promises.
            let boxed = unsafe { at.cast::<Box<T>>().as_mut() };
            NonNull::from(&mut **boxed)
        }
    }

    /// # Safety
    ///
    /// As for `take`.
    unsafe fn drop(at: NonNull<u8>) {
        if Self::INLINE {
            // SAFETY: as the caller promises.
            unsafe { at.cast::<T>().drop_in_place() };
        } else {
            // SAFETY: as the caller promises.
            unsafe { at.cast::<Box<T>>().drop_in_place() };
        }
    }
}

/// # Safety
///
/// Never called: a table without an addressee does not deliver.
unsafe fn deliver_nothing(_: NonNull<u8>, _: NonNull<()>) {}

/// # Safety
///
/// `at` is filled with a `D`, moved out here; `to` points to a view of `D::To`.
unsafe fn deliver<D: Deliver>(at: NonNull<u8>, to: NonNull<()>) {
    // SAFETY: as the caller promises.
    let value = unsafe { Stored::<D>::take(at) };
    // SAFETY: as the caller promises.
    let view = unsafe { to.cast::<<D::To as Addressee>::View<'_>>().as_mut() };
    value.deliver(view);
}

struct TableOf<T, const SIGNAL: bool>(PhantomData<T>);

impl<T: Send + 'static, const SIGNAL: bool> TableOf<T, SIGNAL> {
    const TABLE: &'static Table = &Table {
        class: Stored::<T>::CLASS,
        signal: SIGNAL,
        value: TypeId::of::<T>(),
        name: std::any::type_name::<T>,
        drop: Stored::<T>::drop,
        addressee: None,
        addressee_name: || "nobody in particular",
        deliver: deliver_nothing,
    };
}

struct AddressedTableOf<D>(PhantomData<D>);

impl<D: Deliver> AddressedTableOf<D> {
    const TABLE: &'static Table = &Table {
        class: Stored::<D>::CLASS,
        signal: false,
        value: TypeId::of::<D>(),
        name: std::any::type_name::<D>,
        drop: Stored::<D>::drop,
        addressee: Some(TypeId::of::<D::To>()),
        addressee_name: <D::To as Addressee>::name,
        deliver: deliver::<D>,
    };
}

/// An owned value in flight. See the module's head.
pub(crate) struct Envelope(NonNull<EnvelopeHeader>);

// SAFETY: an envelope owns its value, and only values that are `Send` can be put into one.
unsafe impl Send for Envelope {}
// SAFETY: a shared envelope gives out `&T` only, through `get`, whose `T` must be `Sync`.
unsafe impl Sync for Envelope {}

impl Envelope {
    /// A plain message.
    #[inline]
    pub(crate) fn message<T: Send + 'static>(value: T) -> Envelope {
        Envelope::with_table(value, TableOf::<T, false>::TABLE)
    }

    /// A signal: it wakes whatever it is sent to and is not counted as a message.
    #[inline]
    pub(crate) fn signal<T: Send + 'static>(value: T) -> Envelope {
        Envelope::with_table(value, TableOf::<T, true>::TABLE)
    }

    /// A message that delivers itself.
    #[inline]
    pub(crate) fn addressed<D: Deliver>(value: D) -> Envelope {
        Envelope::with_table(value, AddressedTableOf::<D>::TABLE)
    }

    #[inline]
    fn with_table<T: Send + 'static>(value: T, table: &'static Table) -> Envelope {
        let block = block_pool::allocate(Stored::<T>::CLASS).cast::<EnvelopeHeader>();
        // SAFETY: the block is ours and longer than a header.
        unsafe {
            block.write(EnvelopeHeader {
                next: Cell::new(0),
                table,
            });
        };
        let envelope = ManuallyDrop::new(Envelope(block));
        // SAFETY: the block is of the class of `T` and holds no value yet.
        unsafe { Stored::put(envelope.value(), value) };
        ManuallyDrop::into_inner(envelope)
    }

    fn value(&self) -> NonNull<u8> {
        // SAFETY: every block is longer than the header.
        unsafe { self.0.cast::<u8>().add(VALUE_OFFSET) }
    }

    fn table(&self) -> &'static Table {
        // SAFETY: the header is initialised for as long as the envelope lives.
        unsafe { (*self.0.as_ptr()).table }
    }

    /// Whether this is a signal rather than a message.
    #[inline]
    pub(crate) fn is_signal(&self) -> bool {
        self.table().signal
    }

    /// The name of the value's type, for reports.
    pub(crate) fn type_name(&self) -> &'static str {
        (self.table().name)()
    }

    /// What kind of receiver it is addressed to, for reports. `None`: it is a plain message.
    pub(crate) fn addressee(&self) -> Option<&'static str> {
        let table = self.table();
        table.addressee.map(|_| (table.addressee_name)())
    }

    /// Whether the value is a `T`.
    #[inline]
    pub(crate) fn is<T: 'static>(&self) -> bool {
        self.table().value == TypeId::of::<T>()
    }

    /// The value, if it is a `T`.
    #[inline]
    pub(crate) fn get<T: Sync + 'static>(&self) -> Option<&T> {
        if !self.is::<T>() {
            return None;
        }
        // SAFETY: the type was checked; the envelope is borrowed for as long as the value.
        let value = unsafe { Stored::<T>::get(self.value()) };
        // SAFETY: as above.
        Some(unsafe { value.as_ref() })
    }

    /// The value, if it is a `T`.
    #[inline]
    pub(crate) fn get_mut<T: 'static>(&mut self) -> Option<&mut T> {
        if !self.is::<T>() {
            return None;
        }
        // SAFETY: the type was checked; the envelope is borrowed mutably for as long as the value.
        let mut value = unsafe { Stored::<T>::get(self.value()) };
        // SAFETY: as above.
        Some(unsafe { value.as_mut() })
    }

    /// Takes the value out if it is a `T`; otherwise the envelope comes back.
    ///
    /// # Errors
    ///
    /// The value is of another type.
    #[inline]
    pub(crate) fn take<T: 'static>(self) -> Result<T, Envelope> {
        if !self.is::<T>() {
            return Err(self);
        }
        let envelope = ManuallyDrop::new(self);
        // SAFETY: the type was checked, and the envelope is not dropped.
        let value = unsafe { Stored::<T>::take(envelope.value()) };
        // SAFETY: the value was moved out, and the block is of its type's class.
        unsafe { block_pool::free(Stored::<T>::CLASS, envelope.0.cast()) };
        Ok(value)
    }

    /// Delivers the value to a view of a receiver of kind `A`, if it is addressed to that kind.
    ///
    /// # Errors
    ///
    /// The envelope is not addressed to receivers of this kind.
    #[inline]
    pub(crate) fn deliver<A: Addressee>(self, to: &mut A::View<'_>) -> Result<(), Envelope> {
        let table = self.table();
        if table.addressee != Some(TypeId::of::<A>()) {
            return Err(self);
        }
        let envelope = FreeOnDrop(ManuallyDrop::new(self));
        // SAFETY: the addressee was checked, so `to` is what the function expects; the value is
        // moved out there, and only the block is freed afterwards, also when a delivery panics.
        unsafe { (table.deliver)(envelope.0.value(), NonNull::from(to).cast()) };
        Ok(())
    }

    fn free_block(&self) {
        // SAFETY: the value was moved out or dropped; the block is of the table's class.
        unsafe { block_pool::free(self.table().class, self.0.cast()) };
    }

    /// Gives the envelope up as an address, for a mailbox word.
    #[inline]
    pub(super) fn into_address(self) -> usize {
        ManuallyDrop::new(self).0.as_ptr().expose_provenance()
    }

    /// # Safety
    ///
    /// `address` came from [`Envelope::into_address`] and is turned back once.
    #[inline]
    pub(super) unsafe fn from_address(address: usize) -> Option<Envelope> {
        NonNull::new(std::ptr::with_exposed_provenance_mut(address)).map(Envelope)
    }

    /// Writes the address of the next older envelope into the one at `address`.
    ///
    /// # Safety
    ///
    /// The envelope at `address` belongs to the caller.
    #[inline]
    pub(super) unsafe fn link_at(address: usize, next: usize) {
        let header = std::ptr::with_exposed_provenance::<EnvelopeHeader>(address);
        // SAFETY: as the caller promises.
        unsafe { (*header).next.set(next) };
    }
}

/// Frees the block of an envelope whose value has gone.
struct FreeOnDrop(ManuallyDrop<Envelope>);

impl Drop for FreeOnDrop {
    fn drop(&mut self) {
        self.0.free_block();
    }
}

impl Drop for Envelope {
    fn drop(&mut self) {
        let table = self.table();
        // Copied out, so that the block is freed also when the value's own drop panics. The bits are
        // not used again.
        let block = FreeOnDrop(ManuallyDrop::new(Envelope(self.0)));
        // SAFETY: the value is there and is dropped once.
        unsafe { (table.drop)(block.0.value()) };
    }
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope({})", self.type_name())
    }
}

/// Envelopes in order, oldest first: a circular list, held by its newest.
#[derive(Default)]
pub(crate) struct Queue {
    newest: Cell<Option<NonNull<EnvelopeHeader>>>,
}

// SAFETY: a queue owns its envelopes, which are `Send`.
unsafe impl Send for Queue {}

const _: () = assert!(size_of::<Queue>() == 8);

impl Queue {
    /// Whether nothing is in it.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.newest.get().is_none()
    }

    /// Adds the newest.
    #[inline]
    pub(crate) fn push_back(&self, envelope: Envelope) {
        let added = ManuallyDrop::new(envelope).0;
        match self.newest.get() {
            Some(newest) => {
                let oldest = next_of(newest);
                set_next(added, oldest);
                set_next(newest, added);
            }
            None => set_next(added, added),
        }
        self.newest.set(Some(added));
    }

    /// Adds the oldest.
    pub(crate) fn push_front(&self, envelope: Envelope) {
        let newest = self.newest.get();
        self.push_back(envelope);
        if newest.is_some() {
            // The list is a circle: what was added last is first if the newest stays the newest.
            self.newest.set(newest);
        }
    }

    /// Takes the oldest.
    #[inline]
    pub(crate) fn pop_front(&self) -> Option<Envelope> {
        let newest = self.newest.get()?;
        let oldest = next_of(newest);
        if oldest == newest {
            self.newest.set(None);
        } else {
            set_next(newest, next_of(oldest));
        }
        Some(Envelope(oldest))
    }

    /// Moves everything out.
    pub(crate) fn take(&self) -> Queue {
        Queue {
            newest: Cell::new(self.newest.take()),
        }
    }

    /// Puts all of `newer` behind what is here.
    #[inline]
    pub(crate) fn append(&self, newer: &Queue) {
        let Some(their_newest) = newer.newest.take() else {
            return;
        };
        if let Some(our_newest) = self.newest.get() {
            let our_oldest = next_of(our_newest);
            set_next(our_newest, next_of(their_newest));
            set_next(their_newest, our_oldest);
        }
        self.newest.set(Some(their_newest));
    }

    /// Puts all of `older` before what is here.
    pub(crate) fn prepend(&self, older: &Queue) {
        if older.is_empty() {
            return;
        }
        let ours = self.take();
        self.append(older);
        self.append(&ours);
    }

    /// Takes the oldest envelope that `wanted` accepts. The others keep their order.
    ///
    /// While `wanted` looks, this queue is empty, so that nothing it does can reach the envelope
    /// that it looks at. What it pushes comes last.
    pub(crate) fn extract(&self, wanted: impl FnMut(&Envelope) -> bool) -> Option<Envelope> {
        let lent = Lent {
            list: self.take(),
            home: self,
        };
        lent.list.find(wanted)
    }

    /// Takes the oldest envelope that `wanted` accepts out of a list that nobody else can reach.
    fn find(&self, mut wanted: impl FnMut(&Envelope) -> bool) -> Option<Envelope> {
        let newest = self.newest.get()?;
        let mut before = newest;
        loop {
            let at = next_of(before);
            let found = wanted(&ManuallyDrop::new(Envelope(at)));
            if found {
                if at == before {
                    self.newest.set(None);
                } else {
                    set_next(before, next_of(at));
                    if at == newest {
                        self.newest.set(Some(before));
                    }
                }
                return Some(Envelope(at));
            }
            if at == newest {
                return None;
            }
            before = at;
        }
    }

    /// How many envelopes there are. Walks them.
    pub(crate) fn len(&self) -> usize {
        let Some(newest) = self.newest.get() else {
            return 0;
        };
        let (mut at, mut count) = (next_of(newest), 1);
        while at != newest {
            (at, count) = (next_of(at), count + 1);
        }
        count
    }
}

/// A list that is out of its queue for a while. Goes back before what came meanwhile.
struct Lent<'a> {
    list: Queue,
    home: &'a Queue,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.home.prepend(&self.list);
    }
}

fn next_of(envelope: NonNull<EnvelopeHeader>) -> NonNull<EnvelopeHeader> {
    // SAFETY: an envelope in a queue is alive and the queue's own.
    let next = unsafe { (*envelope.as_ptr()).next.get() };
    NonNull::new(std::ptr::with_exposed_provenance_mut(next)).unwrap_or(envelope)
}

fn set_next(envelope: NonNull<EnvelopeHeader>, next: NonNull<EnvelopeHeader>) {
    // SAFETY: as for `next_of`.
    unsafe {
        (*envelope.as_ptr())
            .next
            .set(next.as_ptr().expose_provenance());
    };
}

impl Drop for Queue {
    fn drop(&mut self) {
        while let Some(envelope) = self.pop_front() {
            // A panic of one is no reason to lose the others: a caller may wait for one of them.
            quietly(|| drop(envelope));
        }
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_empty() {
            "Queue(empty)"
        } else {
            "Queue(…)"
        })
    }
}

/// A list as a mailbox word gives it, newest first, on its way to being turned round.
///
/// Turning round a million envelopes takes long, so it can be done in pieces.
#[derive(Debug, Default)]
pub(crate) struct Reversal {
    /// What is still newest first, as an address.
    rest: usize,
    /// What is turned round, as a list, oldest first: all of it is newer than `rest`.
    oldest: usize,
    /// The newest of all, which is popped last.
    newest: usize,
}

impl Reversal {
    /// # Safety
    ///
    /// `newest` is the head of a list that came from a mailbox word, handed over here.
    pub(super) unsafe fn new(newest: usize) -> Reversal {
        Reversal {
            rest: newest,
            oldest: 0,
            newest,
        }
    }

    /// Whether nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest == 0 && self.oldest == 0
    }

    /// Turns at most `limit` envelopes round. Returns whether all are.
    #[inline]
    pub(crate) fn proceed(&mut self, limit: usize) -> bool {
        let mut left = limit;
        while self.rest != 0 {
            if left == 0 {
                return false;
            }
            left -= 1;
            let header = std::ptr::with_exposed_provenance::<EnvelopeHeader>(self.rest);
            // SAFETY: the list is this reversal's own.
            let next = unsafe { &(*header).next };
            let older = next.replace(self.oldest);
            self.oldest = self.rest;
            self.rest = older;
        }
        true
    }

    /// Puts all of it behind what is in a queue. Only once all is turned round.
    #[inline]
    pub(crate) fn append_to(mut self, queue: &Queue) {
        debug_assert!(
            self.rest == 0,
            "the oldest comes last out of a mailbox word"
        );
        let oldest = std::mem::take(&mut self.oldest);
        let newest: *mut EnvelopeHeader = std::ptr::with_exposed_provenance_mut(self.newest);
        if let (Some(newest), true) = (NonNull::new(newest), oldest != 0) {
            // A queue is a circle.
            // SAFETY: the list is this reversal's own, and its newest envelope is still in it.
            unsafe { (*newest.as_ptr()).next.set(oldest) };
            queue.append(&Queue {
                newest: Cell::new(Some(newest)),
            });
        }
    }

    /// The next envelope in order of arrival. Only once all is turned round.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Envelope> {
        debug_assert!(
            self.rest == 0,
            "the oldest comes last out of a mailbox word"
        );
        // SAFETY: the list is this reversal's own, and each envelope is taken off it once.
        let envelope = unsafe { Envelope::from_address(self.oldest) }?;
        // SAFETY: as above.
        self.oldest = unsafe { (*envelope.0.as_ptr()).next.get() };
        Some(envelope)
    }
}

impl Drop for Reversal {
    fn drop(&mut self) {
        self.proceed(usize::MAX);
        while let Some(envelope) = self.pop() {
            // As for a queue.
            quietly(|| drop(envelope));
        }
    }
}
