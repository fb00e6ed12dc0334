namespace OllamaProxy.Configuration;

/// <summary>A setting, as <c>--help</c> shows it.</summary>
/// <param name="Name">The name, in the environment and on the command line.</param>
/// <param name="Default">The default, as text.</param>
/// <param name="Meaning">A short description.</param>
public sealed record KnownSetting(string Name, string Default, string Meaning);

/// <summary>All settings of this program, and the similar names in the environment that belong to Ollama.</summary>
public static class KnownSettings
{
    /// <summary>The settings, in the order of the table in <c>docs/configuration.md</c>.</summary>
    public static IReadOnlyList<KnownSetting> All { get; } =
    [
        new("OLLAMA_URL", "http://localhost:11434", "where Ollama is; several with commas between them"),
        new("OLLAMA_MODEL", "llama3.2", "model of a prompt that names none"),
        new("OLLAMA_KEEP_ALIVE", "Ollama's own", "how long Ollama keeps a model loaded: seconds, or a duration such as 10m"),
        new("OLLAMA_CONCURRENCY", "1", "prompts that run at once on each backend"),
        new("OLLAMA_POLL_INTERVAL", "1", "seconds within which prompts of other processes are found"),
        new("OLLAMA_TIMEOUT", "1800", "seconds that an attempt may take"),
        new("OLLAMA_IDLE_TIMEOUT", "120", "seconds that Ollama may be silent once tokens flow"),
        new("OLLAMA_MAX_ATTEMPTS", "5", "attempts before a prompt fails"),
        new("OLLAMA_RETRY_BASE_SECONDS", "1", "longest wait before the second attempt"),
        new("OLLAMA_PROXY_BACKEND_TOKEN", "none", "sent as Authorization: Bearer to backends without credentials of their own"),
        new("OLLAMA_PROXY_MODEL_OPTIONS_FILE", "none", "JSON file with options of models, for requests that do not say"),
        new("OLLAMA_PROXY_STORE", "sqlite", "where prompts are kept: sqlite, or postgres, which several machines can share"),
        new("OLLAMA_PROXY_DB", "data/queue.db", "the SQLite file"),
        new("OLLAMA_PROXY_CHECK_DATABASE", "false", "true: check the whole file at the start"),
        new("OLLAMA_PROXY_POSTGRES", "none", "connection string of the PostgreSQL database"),
        new("OLLAMA_PROXY_POSTGRES_LISTEN", "as above", "connection string that leads past a pooler, for LISTEN; off: polling only"),
        new("OLLAMA_PROXY_POSTGRES_IDENTITY", "none", "client id of the Azure managed identity whose token is the password"),
        new("OLLAMA_PROXY_WORKER", "true", "false: this process runs no prompts"),
        new("OLLAMA_PROXY_DRAIN_SECONDS", "60", "seconds that one run of the worker waits for prompts"),
        new("OLLAMA_PROXY_LEASE_SECONDS", "60", "seconds after which the prompts of a dead worker are queued again"),
        new("OLLAMA_PROXY_MAX_QUEUED", "100000", "prompts that may be queued; 0: no limit"),
        new("OLLAMA_PROXY_INTERACTIVE_PRIORITY", "10", "priority of calls of the Ollama, OpenAI and Anthropic APIs"),
        new("OLLAMA_PROXY_BATCH_PRIORITY", "-10", "priority of the prompts of batches"),
        new("OLLAMA_PROXY_AGEING_SECONDS", "300", "head start per point of priority, in seconds"),
        new("OLLAMA_PROXY_GROUPING_WINDOW", "60", "seconds for which prompts whose model is loaded may overtake a prompt"),
        new("OLLAMA_PROXY_FAIRNESS_WINDOW", "4000", "tokens by which an account whose model is loaded may be served ahead of others"),
        new("OLLAMA_PROXY_PREEMPTION", "false", "true: a prompt of a priority under 0 is handed back if an interactive one waits"),
        new("OLLAMA_PROXY_BULK_HOURS", "always", "when prompts of a priority under 0 may start: 22:00-06:00 Europe/Berlin"),
        new("OLLAMA_PROXY_WAIT_FOR_MODEL", "false", "true: a prompt waits for a model that no backend has"),
        new("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "false", "true: clients may pull, push, create, copy and delete models"),
        new("OLLAMA_PROXY_MAX_PREVIOUS_RESPONSES", "100", "responses that are put in front of one with previous_response_id"),
        new("OLLAMA_PROXY_RETENTION_DAYS", "0", "days after which ended prompts are removed; 0: never"),
        new("OLLAMA_PROXY_MAX_BODY_BYTES", "67108864", "the largest request body"),
        new("OLLAMA_PROXY_MAX_BUFFERED_BYTES", "134217728", "bytes of memory for all large request bodies together"),
        new("OLLAMA_PROXY_MAX_FILE_BYTES_PER_OWNER", "10737418240", "bytes that the files of an owner may have together; 0: no limit"),
        new("OLLAMA_PROXY_SHUTDOWN_SECONDS", "10", "seconds from the signal to stop until the process has ended"),
        new("OLLAMA_PROXY_KEEPALIVE_SECONDS", "0", "seconds after which a waiting call gets a heartbeat; 0: never"),
        new("OLLAMA_PROXY_API_KEYS", "none", "keys by which callers are known: name:key[:admin], with commas between them"),
        new("OLLAMA_PROXY_API_KEYS_FILE", "none", "a file with one such key on each line, read again when it changes"),
        new("OLLAMA_PROXY_OWNER_HEADER", "X-Owner", "the header that names for whom a client that serves many asks"),
        new("OLLAMA_PROXY_CORS_ORIGINS", "local ones only", "origins that may call the API from a browser, besides local ones; *: all"),
        new("OLLAMA_PROXY_HOSTS", "local ones only", "host names that are accepted, besides local ones; *: all"),
        new("OLLAMA_PROXY_WEBHOOK_SECRET", "none", "whsec_ and base64: signs what is sent to callback_url; needed for it"),
        new("OLLAMA_PROXY_WEBHOOK_ALLOW", "public ones only", "private hosts, addresses and ranges that callback_url may lead to"),
        new("OLLAMA_PROXY_QUIET", "not set", "any value: requests are not logged"),
    ];

    private const string ForTests = "OLLAMA_PROXY_TEST_";

    private static readonly string[] Prefixes = ["OLLAMA_PROXY_", "OLLAMA_PROXY", "OLLAMA_", "OLLAMA"];

    /// <summary>Variables that Ollama reads or has read in the past, except those that are also settings of this program.</summary>
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

    /// <summary>
    /// A one-line warning about a variable that looks like a setting of this program but is none; null: there is nothing to warn about.
    /// </summary>
    /// <param name="name">The name of the variable.</param>
    public static string? WarningOf(string name)
    {
        if (IsKnown(name) || OfOllama.Contains(name) || name.StartsWith(ForTests, StringComparison.OrdinalIgnoreCase))
            return null;
        return Meant(name) is { } meant
            ? $"{name} is set, but is not a setting of Ollama Proxy and has no effect. Did you mean {meant}?"
            : null;
    }

    /// <summary>Whether a name is that of a setting, in any case.</summary>
    public static bool IsKnown(string name) => All.Any(setting => setting.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The setting that was probably meant by a misspelt name; null: no setting is similar.</summary>
    public static string? Meant(string name)
    {
        var names = All.Select(setting => setting.Name);
        if (Spelling.Nearest(name, names) is { } nearest)
            return nearest;
        if (!name.StartsWith("OLLAMA", StringComparison.OrdinalIgnoreCase))
            return null;
        var closest = names.MinBy(known => Spelling.Distance(Topic(name), Topic(known)))!;
        // With the prefix OLLAMA_ alone, a name that resembles no setting may be a variable of Ollama's that is not listed here.
        return name.StartsWith("OLLAMA_PROXY", StringComparison.OrdinalIgnoreCase)
            || Spelling.Distance(Topic(name), Topic(closest)) <= Topic(name).Length / 2 + 1 ? closest : null;
    }

    /// <summary>The setting whose name this is without its prefix, such as <c>model</c>; null: there is none.</summary>
    public static string? WithoutPrefix(string name) =>
        All.FirstOrDefault(setting => Topic(setting.Name).Equals(name, StringComparison.OrdinalIgnoreCase))?.Name;

    /// <summary>The name without the prefixes that many settings share, and that people confuse.</summary>
    private static string Topic(string name) =>
        name[Prefixes.First(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)).Length..];
}
