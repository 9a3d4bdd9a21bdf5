//! The words of other tools for what only one may do at a time.

use super::foreign::Foreign;

pub(super) const FOREIGN_STEPS: &[Foreign] = &[
    Foreign {
        spellings: &[
            "acquire",
            "release",
            "mutex",
            "synchronized",
            "transaction",
            "rowlock",
            "forupdate",
            "unlock",
        ],
        field: "lock",
        advice: "steps stand inside the lock that they need: write `{ lock = { acquire = \"row\", steps = [ … ] } }`, and it is given back behind them",
    },
    Foreign {
        spellings: &["cas", "conditionalwrite", "conditionexpression", "ifmatch", "write", "optimisticlock"],
        field: "compare_and_set",
        advice: "write `{ read = \"row\" }`, and later `{ compare_and_set = \"row\" }`",
    },
    Foreign {
        spellings: &[
            "locktimeout",
            "innodblockwaittimeout",
            "lockwaittimeout",
            "timeout",
            "nowait",
            "trylock",
        ],
        field: "wait_timeout",
        advice: "write `wait_timeout = \"50s\"`, or `\"0s\"` for not waiting at all",
    },
];
