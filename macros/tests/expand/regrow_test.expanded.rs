use regrow::prelude::*;
#[::core::prelude::v1::test]
fn counts() {
    #[allow(clippy::unused_async)]
    async fn __regrow_body() -> Result<(), ExitReason> {
        let counter = Counter::start_link(40).await?;
        assert_eq!(counter.get(). await ?, 40);
        Ok(())
    }
    ::regrow::__private::test(
        ::regrow::__private::TestOptions {
            name: ::core::concat!(::core::module_path!(), "::counts"),
            seeds: 100,
            seed: ::core::option::Option::None,
        },
        __regrow_body,
    );
}
