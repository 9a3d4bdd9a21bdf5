//! The words of other tools for what keeps state: caches and memory.

use super::foreign::Foreign;

pub(super) const FOREIGN_STATE: &[Foreign] = &[
    Foreign {
        spellings: &["maxsize", "maximumsize", "size", "maxentries", "maxmemory", "maxelements"],
        field: "capacity",
        advice: "write how many there is room for as `capacity`",
    },
    Foreign {
        spellings: &[
            "maximumweight",
            "maxweight",
            "maxbytes",
            "maxsizebytes",
            "maxbytesize",
            "memory",
            "memorysize",
        ],
        field: "capacity",
        advice: "write what its entries may take together as `capacity = \"256MiB\"`, and how large they are as `sizes`",
    },
    Foreign {
        spellings: &["weigher", "weight", "entrysize", "valuesize", "objectsize", "itemsize", "bytes"],
        field: "sizes",
        advice: "write how large entries are as `sizes = \"lognormal(p50=1KiB, p99=64KiB)\"`, and what they may take together as `capacity`",
    },
    Foreign {
        spellings: &[
            "xmx",
            "heapmax",
            "heapsize",
            "maxheap",
            "maxheapsize",
            "memorylimit",
            "gomemlimit",
            "limit",
        ],
        field: "heap",
        advice: "write how much there is room for as `heap = \"4GiB\"`",
    },
    Foreign {
        spellings: &[
            "gc",
            "garbagecollector",
            "garbagecollection",
            "useparallelgc",
            "useg1gc",
            "usezgc",
            "type",
        ],
        field: "collector",
        advice: "write `collector = { stop_the_world = { speed = \"1GiB/s\" } }`, or `concurrent`",
    },
    Foreign {
        spellings: &["initiatingheapoccupancypercent", "ihop", "initiatingoccupancy", "trigger", "gogc"],
        field: "starts_at",
        advice: "write the share of the heap as `starts_at = \"45%\"`",
    },
    Foreign {
        spellings: &["gctimelimit", "gcoverheadlimit", "usegcoverheadlimit"],
        field: "overhead_limit",
        advice: "write `overhead_limit = \"98%\"`",
    },
    Foreign {
        spellings: &["allocperrequest", "allocation", "allocationrate", "allocbytes", "garbage"],
        field: "allocated_per_request",
        advice: "write what an attempt allocates in all as `allocated_per_request`",
    },
    Foreign {
        spellings: &["heap", "xmx", "ram", "gc", "memorylimit"],
        field: "memory",
        advice: "it belongs inside `memory`: `memory = { heap = \"4GiB\", … }`",
    },
    Foreign {
        spellings: &["maxmemorypolicy", "evictionpolicy", "policy", "replacementpolicy"],
        field: "eviction",
        advice: "write `eviction = \"lru\"`; how a service is called that a cache is in is written as `calls = { policy = … }`",
    },
    Foreign {
        spellings: &["expireafterwrite", "expires", "expiry", "maxage", "timetolive", "timetoliveseconds"],
        field: "ttl",
        advice: "write `ttl = { max = \"300s\" }`",
    },
    Foreign {
        spellings: &["expireafteraccess", "timetoidle", "timetoidleseconds", "slidingexpiration"],
        field: "ttl",
        advice: "write `ttl = { max = \"300s\", renewed_on_hit = true }`",
    },
    Foreign {
        spellings: &[
            "grace",
            "stalewhilerevalidate",
            "swr",
            "staleiferror",
            "usestale",
            "proxycacheusestale",
        ],
        field: "ttl",
        advice: "write `ttl = { max = \"300s\", stale_while_revalidate = \"30s\", stale_if_error = \"5min\" }`",
    },
    Foreign {
        spellings: &["refreshafterwrite", "refreshafter", "refreshahead"],
        field: "ttl",
        advice: "write `ttl = { max = \"300s\", refresh_after = \"240s\" }`",
    },
    Foreign {
        spellings: &["xfetch", "earlyexpiration", "beta"],
        field: "ttl",
        advice: "write `ttl = { max = \"300s\", early_expiration = { beta = 1 } }`",
    },
    Foreign {
        spellings: &[
            "negativettl",
            "negativecaching",
            "negativecachingpolicy",
            "negativecache",
            "cachenullvalues",
            "allownullvalues",
            "errorttl",
            "failurettl",
            "nxdomainttl",
        ],
        field: "negative",
        advice: "write `negative = { ttl = \"5s\", classes = [\"gateway_error\"] }`; which share of the keys has no value is `absent`",
    },
    Foreign {
        spellings: &["warmup", "warmer", "cachewarmer", "prewarm", "preload", "prefetch"],
        field: "warming",
        advice: "write `warming = { rate = \"2000/s\" }`; a cache that is full when the run begins has `start = \"warm\"`",
    },
    Foreign {
        spellings: &["write", "writemode", "writethrough", "writeback", "writestrategy", "writepolicy"],
        field: "write_behind",
        advice: "a `put` with a `store` writes through; with `write_behind = { delay = \"1s\" }` it writes behind",
    },
    Foreign {
        spellings: &[
            "modificationqueuesize",
            "writebehindmaxqueuesize",
            "queuesize",
            "maxqueuesize",
            "capacity",
        ],
        field: "max_dirty",
        advice: "write how many keys may be dirty as `max_dirty = 1024`",
    },
    Foreign {
        spellings: &[
            "invalidationdelay",
            "invalidation",
            "broadcast",
            "replicationdelay",
            "replicationlag",
            "syncdelay",
            "pubsub",
        ],
        field: "propagation",
        advice: "write how long an `invalidate` is on its way as `propagation = \"lognormal(p50=100ms, p99=2s)\"`",
    },
    Foreign {
        spellings: &["singleflight", "dedupe", "proxycachelock"],
        field: "coalesce",
        advice: "write `coalesce = \"instance\"`, or `\"cache\"` for everybody who uses it, and the steps of a miss as `load`",
    },
    Foreign {
        spellings: &["onerror", "onfailure", "ignoreexc", "handler", "handlers", "to", "service", "servers"],
        field: "calls",
        advice: "a cache that is called is in a service, `placement = { service = \"redis\" }`, and how it is called is written as `calls = { policy = …, on_error = \"miss\" }`",
    },
    Foreign {
        spellings: &["loader", "readthrough", "cacheloader"],
        field: "load",
        advice: "write the steps that fetch it as `load`",
    },
];
