use regrow::protocol;

/// What a store can do.
#[protocol]
pub trait Store {
    /// What is kept under a key.
    fn get(&self, key: String) -> Option<String>;
    fn put(&mut self, key: String, value: String) -> Result<(), Full>;
    async fn sync(&mut self);
    #[cast]
    fn forget(&mut self, key: String);
}
