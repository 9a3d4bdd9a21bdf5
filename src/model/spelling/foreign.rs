//! The words of other tools.

/// A word of another tool, and what it is called here.
pub(super) struct Foreign {
    /// Without case, `_` and `-`.
    pub(super) spellings: &'static [&'static str],
    /// The field must be possible at this place for the advice to make sense.
    pub(super) field: &'static str,
    pub(super) advice: &'static str,
}

pub(super) const FOREIGN: &[Foreign] = &[
    Foreign {
        spellings: &[
            "numretries",
            "retries",
            "maxretries",
            "attempts",
            "maxretryattempts",
            "retrycount",
            "retrylimit",
        ],
        field: "max_attempts",
        advice: "`max_attempts` counts the first try: write `max_attempts = num_retries + 1`",
    },
    Foreign {
        spellings: &["retrybudget", "budget", "retrythrottling", "retryafter"],
        field: "retry",
        advice: "it belongs inside `retry`: `retry = { max_attempts = 3, budget = { ratio = { percent = \"20%\" } } }`",
    },
    Foreign {
        spellings: &["budgetpercent", "percentcanretry", "retryratio", "retrypercent"],
        field: "percent",
        advice: "write `percent = \"20%\"`",
    },
    Foreign {
        spellings: &["minretriespersec", "minretriespersecond"],
        field: "min_retries_per_second",
        advice: "write `min_retries_per_second`",
    },
    Foreign {
        spellings: &["slidingwindowsize", "slidingwindowtype", "samplingduration", "interval", "size"],
        field: "open_duration",
        advice: "write `window = { count = { size = 100 } }` or `window = { time = { duration = \"10s\" } }`",
    },
    Foreign {
        spellings: &["minimumnumberofcalls", "minimumthroughput", "requestvolumethreshold"],
        field: "minimum_calls",
        advice: "write `minimum_calls`",
    },
    Foreign {
        spellings: &["failureratio", "errorthresholdpercentage"],
        field: "failure_rate_threshold",
        advice: "write `failure_rate_threshold = \"50%\"`",
    },
    Foreign {
        spellings: &["waitdurationinopenstate", "sleepwindow", "sleepwindowinmilliseconds", "breakduration"],
        field: "open_duration",
        advice: "write `open_duration = { fixed = { base = \"60s\" } }`",
    },
    Foreign {
        spellings: &["permittednumberofcallsinhalfopenstate", "maxrequests"],
        field: "half_open_max_calls",
        advice: "write `half_open_max_calls`",
    },
    Foreign {
        spellings: &["maxwaitdurationinhalfopenstate"],
        field: "half_open_max_wait",
        advice: "write `half_open_max_wait`; no limit is \"unlimited\", not 0",
    },
    Foreign {
        spellings: &["consecutive5xxerrors", "consecutiveerrors", "consecutivefailures", "maxfails"],
        field: "consecutive_5xx",
        advice: "write `consecutive_5xx = 5`; for never `\"unlimited\"`, where Istio has 0",
    },
    Foreign {
        spellings: &["consecutivegatewayerrors"],
        field: "consecutive_gateway_failure",
        advice: "write `consecutive_gateway_failure`, and its share in `enforcing`",
    },
    Foreign {
        spellings: &["consecutivelocaloriginfailures", "splitexternallocaloriginerror"],
        field: "consecutive_local_origin_failure",
        advice: "write `split_external_local_origin_errors = true` and `consecutive_local_origin_failure`",
    },
    Foreign {
        spellings: &[
            "enforcingconsecutive5xx",
            "enforcingconsecutivegatewayfailure",
            "enforcingconsecutivelocaloriginfailure",
            "enforcingsuccessrate",
            "enforcinglocaloriginsuccessrate",
            "enforcingfailurepercentage",
            "enforcingfailurepercentagelocalorigin",
            "enforcementpercentage",
        ],
        field: "enforcing",
        advice: "write `enforcing = { success_rate = \"100%\" }`, with the name of the rule",
    },
    Foreign {
        spellings: &["minhealthpercent", "panicthreshold"],
        field: "healthy_panic_threshold",
        advice: "write `healthy_panic_threshold`: below this share all instances are used",
    },
    Foreign {
        spellings: &["successrateejection", "stdevfactor"],
        field: "success_rate_stdev_factor",
        advice: "write `success_rate_stdev_factor = 1.9`, `success_rate_minimum_hosts` and `success_rate_request_volume`",
    },
    Foreign {
        spellings: &["failurepercentageejection", "threshold"],
        field: "failure_percentage_threshold",
        advice: "write `failure_percentage_threshold = \"85%\"`, and its share in `enforcing`",
    },
    Foreign {
        spellings: &["latencyejection", "latencystdevfactor"],
        field: "slow_ejection",
        advice: "write `slow_ejection = { factor = 3 }`: Envoy has no rule for latency",
    },
    Foreign {
        spellings: &["outliers", "passivehealthcheck", "ejection", "outlierejection"],
        field: "outlier_detection",
        advice: "write `outlier_detection = {}` for Envoy's defaults",
    },
    Foreign {
        spellings: &["readytotrip", "maxfailures", "failureaccrual", "maxconsecutivefailures"],
        field: "consecutive_failures",
        advice: "write `consecutive_failures`: how many in a row open it",
    },
    Foreign {
        spellings: &["maxconcurrentcalls", "maxparallelization", "permits", "permitlimit"],
        field: "max_concurrent",
        advice: "write `max_concurrent`",
    },
    Foreign {
        spellings: &["maximumpoolsize", "maxpoolsize", "defaultpoolsize", "maxtotal", "maxactive"],
        field: "max_size",
        advice: "write `max_size`",
    },
    Foreign { spellings: &["minimumidle", "minpoolsize"], field: "min_idle", advice: "write `min_idle`" },
    Foreign {
        spellings: &["connectiontimeout", "maxwaitmillis", "waitqueuetimeoutms", "querywaittimeout"],
        field: "acquire_timeout",
        advice: "how long an attempt waits for a connection is `acquire_timeout`; how long opening one may take is `connect = { timeout = \"5s\" }`",
    },
    Foreign {
        spellings: &["serverlifetime", "maxconnectionage"],
        field: "max_lifetime",
        advice: "write `max_lifetime`",
    },
    Foreign {
        spellings: &["maxpendingrequests", "http1maxpendingrequests"],
        field: "max_pending",
        advice: "write `max_pending`",
    },
    Foreign {
        spellings: &["limits", "connectionpool", "maxpendingrequests", "maxrequests"],
        field: "pool",
        advice: "connections and pending requests are limits of a `pool`, requests of a `bulkhead`, retries of `retry = { budget = { static = {} } }`",
    },
    Foreign {
        spellings: &[
            "ratelimiter",
            "ratelimiting",
            "ratelimits",
            "localratelimit",
            "limitreq",
            "provisionedthroughput",
            "throttle",
            "throttling",
            "requestspersecond",
            "maxrps",
            "maxqps",
        ],
        field: "rate_limit",
        advice: "write `rate_limit = { token_bucket = { rate = \"100/s\", burst = 10 } }`",
    },
    Foreign {
        spellings: &["limitforperiod", "permitsperperiod", "maxrequests", "permits"],
        field: "rejects",
        advice: "the permits of a period are called `limit`",
    },
    Foreign {
        spellings: &["limitrefreshperiod", "refreshperiod", "window", "cycle", "replenishmentperiod"],
        field: "rejects",
        advice: "write `period = \"1s\"`: how long `limit` permits have to last",
    },
    Foreign {
        spellings: &["timeoutduration", "timeout", "acquiretimeout"],
        field: "rejects",
        advice: "how long a call waits for a permit is called `max_wait`",
    },
    Foreign {
        spellings: &["capacity", "burstsize", "maxburst", "bucketsize", "tokenlimit", "maxtokens"],
        field: "burst",
        advice: "how many permits are kept is called `burst`",
    },
    Foreign {
        spellings: &[
            "tokenspersecond",
            "fillrate",
            "refillrate",
            "tokensperperiod",
            "tokensperfill",
            "fillinterval",
            "rps",
            "qps",
        ],
        field: "burst",
        advice: "how many permits come is called `rate`: `rate = \"100/s\"`",
    },
    Foreign {
        spellings: &["nodelay"],
        field: "max_wait",
        advice: "nobody waits with `max_wait = \"0s\"`, which is the default",
    },
    Foreign {
        spellings: &["shared", "global", "perinstance", "perconnection"],
        field: "burst",
        advice: "who shares the permits is said by `scope`",
    },
    Foreign {
        spellings: &["drift", "popularitydrift", "hotsetshift"],
        field: "key_drift",
        advice: "write `key_drift = { every = \"10s\", by = 100 }`",
    },
    Foreign {
        spellings: &["skew", "theta", "alpha", "zipfianconstant"],
        field: "exponent",
        advice: "it is called `exponent`",
    },
    Foreign {
        spellings: &["hedgingpolicy", "hedgepolicy", "hedging", "backuprequests"],
        field: "hedge",
        advice: "write `hedge = { delay = { fixed = \"50ms\" } }`",
    },
    Foreign {
        spellings: &["hedgeonpertrytimeout"],
        field: "hedge",
        advice: "write `hedge` with the `per_try_timeout` as its `delay`, and no `per_try_timeout`",
    },
    Foreign {
        spellings: &["hedgingdelay", "sendbackupafter"],
        field: "non_fatal",
        advice: "write `delay = { fixed = \"50ms\" }`",
    },
    Foreign {
        spellings: &["maxhedgedattempts"],
        field: "non_fatal",
        advice: "write `max_attempts`, which counts the first copy too: one more",
    },
    Foreign { spellings: &["nonfatalstatuscodes"], field: "non_fatal", advice: "write `non_fatal`" },
    Foreign { spellings: &["sendinterrupts"], field: "cancel_losers", advice: "write `cancel_losers`" },
    Foreign { spellings: &["maxwaitduration"], field: "max_wait", advice: "write `max_wait`" },
    Foreign {
        spellings: &["coresize", "maxthreadpoolsize", "corethreadpoolsize"],
        field: "threads",
        advice: "write `threads`, and `queue_capacity` for the queue",
    },
    Foreign {
        spellings: &["tries", "maxtries", "maxattempt"],
        field: "max_attempts",
        advice: "write `max_attempts`; it counts the first try",
    },
    Foreign {
        spellings: &[
            "numretries",
            "retries",
            "maxretries",
            "attempts",
            "maxattempts",
            "maxretryattempts",
            "retrypolicy",
        ],
        field: "retry",
        advice: "write `retry = { max_attempts = 3 }`; `max_attempts` counts the first try",
    },
    Foreign {
        spellings: &["backoff", "retryon", "retrybackoff"],
        field: "retry",
        advice: "it belongs inside `retry`: `retry = { max_attempts = 3, backoff = { … }, retry_on = [ … ] }`",
    },
    Foreign {
        spellings: &[
            "attempttimeout",
            "trytimeout",
            "pertrytimeoutms",
            "requesttimeout",
            "sockettimeout",
            "readtimeout",
        ],
        field: "per_try_timeout",
        advice: "one attempt is bounded by `per_try_timeout`, the whole call by `timeout`",
    },
    Foreign {
        spellings: &[
            "deadline",
            "totaltimeout",
            "calltimeout",
            "overalltimeout",
            "apicalltimeout",
            "timeoutms",
        ],
        field: "timeout",
        advice: "the whole call, retries and backoff included, is bounded by `timeout`",
    },
    Foreign {
        spellings: &[
            "initialbackoff",
            "baseinterval",
            "basedelay",
            "initialdelay",
            "initialinterval",
            "delay",
            "waitduration",
            "interval",
        ],
        field: "base",
        advice: "the first wait is called `base`",
    },
    Foreign {
        spellings: &["maxbackoff", "maxinterval", "maxdelay", "cap", "capdelay"],
        field: "max",
        advice: "the longest wait is called `max`",
    },
    Foreign {
        spellings: &["backoffmultiplier", "factor", "exponent", "exponentialbackoffmultiplier"],
        field: "multiplier",
        advice: "it is called `multiplier`",
    },
    Foreign {
        spellings: &[
            "retryableerrors",
            "retryablestatuscodes",
            "retrystatuscodes",
            "retryonstatus",
            "shouldhandle",
        ],
        field: "retry_on",
        advice: "write `retry_on = [ \"server_error\", … ]`",
    },
    Foreign {
        spellings: &[
            "workers",
            "concurrency",
            "maxconcurrency",
            "workerthreads",
            "poolsize",
            "servers",
            "slots",
            "parallelism",
        ],
        field: "threads",
        advice: "attempts that one instance handles at a time are called `threads`",
    },
    Foreign {
        spellings: &["replicas", "nodes", "pods", "hosts", "count", "scale"],
        field: "instances",
        advice: "the number of processes is called `instances`",
    },
    Foreign {
        spellings: &["lb", "lbpolicy", "loadbalancer", "loadbalancing", "loadbalancingpolicy"],
        field: "balancer",
        advice: "it is called `balancer`",
    },
    Foreign {
        spellings: &["overflow", "onfull", "onoverflow", "policy", "rejection", "full"],
        field: "when_full",
        advice: "write `when_full = \"reject\"` or `when_full = \"drop\"`",
    },
    Foreign {
        spellings: &["size", "limit", "length", "maxsize", "depth", "maxlength", "bound", "backlog", "max"],
        field: "capacity",
        advice: "how many may wait is called `capacity`",
    },
    Foreign {
        spellings: &["discipline", "scheduling", "kind", "type"],
        field: "order",
        advice: "who goes next is called `order`: `\"fifo\"` or `\"lifo\"`",
    },
    Foreign {
        spellings: &["queuesize", "queuecapacity", "maxqueue", "backlog", "buffer", "maxpending"],
        field: "queue",
        advice: "write `queue = { capacity = 256 }`",
    },
    Foreign {
        spellings: &["steps", "work", "servicetime", "latency", "call", "calls"],
        field: "handler",
        advice: "what a service does is a list of steps: `handler = [ { work = \"5ms\" }, { call = { to = \"db\" } } ]`",
    },
    Foreign {
        spellings: &["rps", "qps", "rate", "throughput", "load"],
        field: "arrivals",
        advice: "write `arrivals = { open = { rate = \"800/s\" } }`",
    },
    Foreign {
        spellings: &["rps", "qps", "throughput", "lambda"],
        field: "rate",
        advice: "write `rate = \"800/s\"`",
    },
    Foreign {
        spellings: &["target", "service", "destination", "upstream", "cluster", "dest"],
        field: "to",
        advice: "the service that is called is named by `to`",
    },
    Foreign {
        spellings: &["start", "begin", "startat", "time", "starttime"],
        field: "at",
        advice: "when it begins is called `at`",
    },
    Foreign {
        spellings: &["length", "for", "end", "until"],
        field: "duration",
        advice: "how long it lasts is called `duration`",
    },
    Foreign {
        spellings: &["policy", "clients", "callpolicies"],
        field: "policies",
        advice: "how callers call is written in `[policies.<name>]`",
    },
    Foreign {
        spellings: &["fault", "failures", "triggers", "chaos", "incidents"],
        field: "faults",
        advice: "what goes wrong is written in `[faults.<name>]`",
    },
    Foreign {
        spellings: &["endpoints", "nodes", "servers", "components"],
        field: "services",
        advice: "a service is written in `[services.<name>]`",
    },
    Foreign {
        spellings: &["simulation", "sim", "settings"],
        field: "run",
        advice: "how long, how fine and which seed is written in `[run]`",
    },
];
