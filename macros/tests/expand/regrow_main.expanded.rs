use regrow::prelude::*;
/// Runs the program.
fn main() -> ::std::process::ExitCode {
    #[allow(clippy::unused_async)]
    async fn __regrow_body() -> Result<(), ExitReason> {
        let counter = Counter::start_link(40).await?;
        assert_eq!(counter.get(). await ?, 40);
        Ok(())
    }
    ::regrow::__private::main(
        ::regrow::__private::MainOptions {
            schedulers: ::core::option::Option::Some(2),
        },
        __regrow_body(),
    )
}
