//! The chapters of the guide, so that their code is compiled and run with the other examples.
//!
//! The guide itself is read in `docs/guide`. Each chapter is a module here, for the name that a
//! failing example is reported under.

macro_rules! chapters {
    ($($name:ident: $file:literal,)*) => {
        $(
            #[doc = include_str!(concat!("../docs/guide/", $file))]
            mod $name {}
        )*
    };
}

chapters! {
    introduction: "introduction.md",
    first_process: "first-process.md",
    when_it_dies: "when-it-dies.md",
    servers: "servers.md",
    calls: "calls.md",
    timers: "timers.md",
    state_machines: "state-machines.md",
    tasks_and_agents: "tasks-and-agents.md",
    supervisors: "supervisors.md",
    names: "names.md",
    dynamic_supervisors: "dynamic-supervisors.md",
    shutting_down: "shutting-down.md",
    application: "application.md",
    testing: "testing.md",
    whole: "whole.md",
    by_hand: "by-hand.md",
    signals: "signals.md",
    exit_reasons: "exit-reasons.md",
    intensity: "intensity.md",
    patience: "patience.md",
    scheduling: "scheduling.md",
    panics: "panics.md",
    io: "io.md",
    wrong_tool: "wrong-tool.md",
    groups_and_topics: "groups-and-topics.md",
    partitions: "partitions.md",
    backoff: "backoff.md",
    own_children: "own-children.md",
    breakers_and_pools: "breakers-and-pools.md",
    anti_patterns: "anti-patterns.md",
    observing: "observing.md",
    from_erlang: "from-erlang.md",
    from_tokio: "from-tokio.md",
    compiler: "compiler.md",
    faq: "faq.md",
    inside: "inside.md",
}

// Its code needs the feature.
#[cfg(feature = "tokio")]
#[doc = include_str!("../docs/guide/with-tokio.md")]
mod with_tokio {}
