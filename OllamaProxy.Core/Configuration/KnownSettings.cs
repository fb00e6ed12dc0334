namespace OllamaProxy.Configuration;

/// <summary>A setting, as help tells of it.</summary>
/// <param name="Name">Its name, in the environment and on the command line.</param>
/// <param name="Default">What holds without it.</param>
/// <param name="Meaning">What it is, in a few words.</param>
public sealed record KnownSetting(string Name, string Default, string Meaning);

/// <summary>All settings of this program, and the names in the environment that are somebody else's.</summary>
public static class KnownSettings
{
    /// <summary>The settings, in the order of the table in <c>docs/configuration.md</c>.</summary>
    public static IReadOnlyList<KnownSetting> All { get; } =
    [
        new("OLLAMA_URL", "http://localhost:11434", "where Ollama is; several with commas between them"),
        new("OLLAMA_MODEL", "llama3.2", "model of a prompt that names none"),
        new("OLLAMA_KEEP_ALIVE", "Ollama's own", "how long Ollama keeps a model loaded: seconds, or a duration such as 10m"),
        new("OLLAMA_CONCURRENCY", "1", "prompts that run at once on each backend"),
        new("OLLAMA_POLL_INTERVAL", "1", "seconds that a prompt of another process can wait unseen"),
        new("OLLAMA_TIMEOUT", "1800", "seconds an attempt may take"),
        new("OLLAMA_IDLE_TIMEOUT", "120", "seconds that Ollama may be silent once tokens flow"),
        new("OLLAMA_MAX_ATTEMPTS", "5", "attempts before a prompt fails"),
        new("OLLAMA_RETRY_BASE_SECONDS", "1", "longest wait before the second attempt"),
        new("OLLAMA_PROXY_BACKEND_TOKEN", "none", "sent as Authorization: Bearer to backends without credentials of their own"),
        new("OLLAMA_PROXY_STORE", "sqlite", "where prompts are kept: sqlite, or postgres, which several machines can share"),
        new("OLLAMA_PROXY_DB", "data/queue.db", "the SQLite file"),
        new("OLLAMA_PROXY_CHECK_DATABASE", "false", "true: the whole file is checked at the start"),
        new("OLLAMA_PROXY_POSTGRES", "none", "connection string of the PostgreSQL database"),
        new("OLLAMA_PROXY_POSTGRES_LISTEN", "as above", "that of a connection that leads by no pooler; off: none listens"),
        new("OLLAMA_PROXY_WORKER", "true", "false: this process only serves"),
        new("OLLAMA_PROXY_DRAIN_SECONDS", "60", "seconds that one run of the worker listens for prompts"),
        new("OLLAMA_PROXY_LEASE_SECONDS", "60", "seconds after which a lost worker's prompts are queued again"),
        new("OLLAMA_PROXY_MAX_QUEUED", "100000", "prompts that may be queued; 0: no limit"),
        new("OLLAMA_PROXY_INTERACTIVE_PRIORITY", "10", "priority of calls of Ollama's and OpenAI's own API"),
        new("OLLAMA_PROXY_AGEING_SECONDS", "300", "head start of a point of priority, in seconds"),
        new("OLLAMA_PROXY_GROUPING_WINDOW", "60", "seconds that a prompt may be overtaken by others whose model is loaded"),
        new("OLLAMA_PROXY_WAIT_FOR_MODEL", "false", "true: a prompt whose model no backend has waits for it"),
        new("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "false", "true: clients may pull, push, create, copy and delete models"),
        new("OLLAMA_PROXY_RETENTION_DAYS", "0", "days after which ended prompts are removed; 0: never"),
        new("OLLAMA_PROXY_MAX_BODY_BYTES", "67108864", "the largest request body"),
        new("OLLAMA_PROXY_MAX_BUFFERED_BYTES", "134217728", "how much memory the large bodies of all requests may take together"),
        new("OLLAMA_PROXY_SHUTDOWN_SECONDS", "10", "seconds from the signal to end until the process is gone"),
        new("OLLAMA_PROXY_KEEPALIVE_SECONDS", "0", "seconds after which a call that waits gets signs of life; 0: none"),
        new("OLLAMA_PROXY_CORS_ORIGINS", "local ones only", "origins whose pages may call the API beside local ones; *: all"),
        new("OLLAMA_PROXY_HOSTS", "local ones only", "hosts that are served beside local ones; *: all"),
        new("OLLAMA_PROXY_QUIET", "not set", "any value: no line in the log for each request"),
    ];

    private const string ForTests = "OLLAMA_PROXY_TEST_";

    private static readonly string[] Prefixes = ["OLLAMA_PROXY_", "OLLAMA_PROXY", "OLLAMA_", "OLLAMA"];

    /// <summary>What Ollama itself reads, or has read in the past, where that is not a setting here as well.</summary>
    private static readonly HashSet<string> OfOllama = new(StringComparer.OrdinalIgnoreCase)
    {
        "OLLAMA_API_KEY", "OLLAMA_AUTH", "OLLAMA_CLOUD_BASE_URL", "OLLAMA_CONTEXT_LENGTH", "OLLAMA_DEBUG",
        "OLLAMA_DEBUG_LOG_REQUESTS", "OLLAMA_EDITOR", "OLLAMA_EXPERIMENT", "OLLAMA_FLASH_ATTENTION",
        "OLLAMA_FORCE_CLASSIC_LLAMA_RUNNER", "OLLAMA_GO_TEMPLATE", "OLLAMA_GPU_OVERHEAD", "OLLAMA_HOME", "OLLAMA_HOST",
        "OLLAMA_INSTALL_DIR", "OLLAMA_INTEL_GPU", "OLLAMA_KV_CACHE_TYPE", "OLLAMA_LIBRARY_PATH", "OLLAMA_LLM_LIBRARY",
        "OLLAMA_LOAD_TIMEOUT", "OLLAMA_LOG_LEVEL", "OLLAMA_MAX_LOADED_MODELS", "OLLAMA_MAX_QUEUE", "OLLAMA_MAX_TRANSFER_STREAMS",
        "OLLAMA_MAX_VRAM", "OLLAMA_MLX", "OLLAMA_MODELS", "OLLAMA_MULTIUSER_CACHE", "OLLAMA_NEW_ENGINE", "OLLAMA_NEW_ESTIMATES",
        "OLLAMA_NOHISTORY", "OLLAMA_NOPRUNE", "OLLAMA_NO_CLOUD", "OLLAMA_NO_CLOUD_MODELS", "OLLAMA_NUM_GPU", "OLLAMA_NUM_PARALLEL",
        "OLLAMA_NUM_THREADS", "OLLAMA_ORIGINS", "OLLAMA_REGISTRY_MAXSTREAMS", "OLLAMA_REMOTES", "OLLAMA_RUNNERS_DIR",
        "OLLAMA_SCHED_SPREAD", "OLLAMA_SKIP_CPU_GENERATE", "OLLAMA_SKIP_CUDA_GENERATE", "OLLAMA_SKIP_ROCM_GENERATE",
        "OLLAMA_SKIP_VERIFY", "OLLAMA_TMPDIR", "OLLAMA_TEST_EXISTING", "OLLAMA_TRACE", "OLLAMA_USE_MLX", "OLLAMA_VERSION",
        "OLLAMA_VULKAN",
    };

    /// <summary>A warning, in one line, of a variable that looks like a setting of this program, and is none; null: it is fine.</summary>
    /// <param name="name">The variable.</param>
    public static string? WarningOf(string name)
    {
        if (IsKnown(name) || OfOllama.Contains(name) || name.StartsWith(ForTests, StringComparison.OrdinalIgnoreCase))
            return null;
        return Meant(name) is { } meant ? $"{name} is set, but is no setting of Ollama Proxy, and has no effect. Is {meant} meant?" : null;
    }

    /// <summary>Whether it is a setting, in whatever case.</summary>
    public static bool IsKnown(string name) => All.Any(setting => setting.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The setting that somebody meant who misspelt it; null: it is like none.</summary>
    public static string? Meant(string name)
    {
        var names = All.Select(setting => setting.Name);
        if (Spelling.Nearest(name, names) is { } nearest)
            return nearest;
        if (!name.StartsWith("OLLAMA", StringComparison.OrdinalIgnoreCase))
            return null;
        var closest = names.MinBy(known => Spelling.Distance(Topic(name), Topic(known)))!;
        // A name that is like none may be one of Ollama's that is not known here.
        return name.StartsWith("OLLAMA_PROXY", StringComparison.OrdinalIgnoreCase)
            || Spelling.Distance(Topic(name), Topic(closest)) <= Topic(name).Length / 2 + 1 ? closest : null;
    }

    /// <summary>The name without what many have in common, which people mix up.</summary>
    private static string Topic(string name) =>
        name[Prefixes.First(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)).Length..];
}
