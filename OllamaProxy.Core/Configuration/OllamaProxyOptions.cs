using OllamaProxy.Configuration.Webhooks;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Configuration;

/// <summary>All settings, read once at the start from the environment (in Azure Functions from the app settings).</summary>
public sealed partial record OllamaProxyOptions
{
    /// <summary><c>OLLAMA_URL</c>: the backends.</summary>
    public IReadOnlyList<BackendOptions> Backends { get; init; } = [new(OllamaEndpoint.Default)];

    /// <summary><c>OLLAMA_MODEL</c>: the model of a prompt that names none.</summary>
    public string Model { get; init; } = "llama3.2";

    /// <summary>
    /// <c>OLLAMA_KEEP_ALIVE</c>: a JSON value sent with prompts that have no <c>keep_alive</c>; null: Ollama's own default.
    /// </summary>
    public string? KeepAlive { get; init; }

    /// <summary>
    /// <c>OLLAMA_PROXY_MODEL_OPTIONS_FILE</c>: the options that are put into requests for a model, by its canonical name.
    /// </summary>
    public IReadOnlyDictionary<string, DefaultOptions> ModelOptions { get; init; } = new Dictionary<string, DefaultOptions>();

    /// <summary>The options that are put into requests for a model, under any of its names.</summary>
    public DefaultOptions OptionsOf(string model) =>
        ModelOptions.Count == 0 ? DefaultOptions.None : ModelOptions.GetValueOrDefault(ModelName.Canonical(model), DefaultOptions.None);

    /// <summary><c>OLLAMA_CONCURRENCY</c>: how many prompts run at once on each backend that does not set its own limit.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>How many prompts run at once on all backends together.</summary>
    public int TotalConcurrency => Backends.Sum(backend => backend.Concurrency ?? Concurrency);

    /// <summary><c>OLLAMA_POLL_INTERVAL</c>: the longest time until prompts that another process submits are found.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>OLLAMA_TIMEOUT</c>: how long an attempt may take; after that the prompt fails.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary><c>OLLAMA_IDLE_TIMEOUT</c>: how long Ollama may be silent once it has begun to answer.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary><c>OLLAMA_MAX_ATTEMPTS</c>: how many attempts a prompt may use up that does not set its own limit.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary><c>OLLAMA_RETRY_BASE_SECONDS</c>: the longest delay before the second attempt; it doubles with each further one.</summary>
    public TimeSpan RetryBase { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>OLLAMA_PROXY_STORE</c>: where the prompts are kept.</summary>
    public StoreKind Store { get; init; }

    /// <summary><c>OLLAMA_PROXY_DB</c>: the full path of the database file.</summary>
    public string DatabasePath { get; init; } = DatabaseFile.Resolve(DefaultDatabase);

    /// <summary><c>OLLAMA_PROXY_CHECK_DATABASE</c>: whether the whole database is checked at the start.</summary>
    public bool CheckDatabase { get; init; }

    /// <summary><c>OLLAMA_PROXY_POSTGRES</c>: the connection string of the PostgreSQL database; null: none.</summary>
    public string? Postgres { get; init; }

    /// <summary>
    /// <c>OLLAMA_PROXY_POSTGRES_LISTEN</c>: the connection string for LISTEN, by which this process hears of what other instances wrote;
    /// null: it only polls.
    /// </summary>
    public string? PostgresListen { get; init; }

    /// <summary>
    /// <c>OLLAMA_PROXY_POSTGRES_IDENTITY</c>: the client id of the managed identity on Azure whose token is the password; null: the
    /// connection string has one, or none is needed.
    /// </summary>
    public string? PostgresIdentity { get; init; }

    /// <summary>The name of the database for people, without secrets.</summary>
    public string DatabaseName => Store == StoreKind.Postgres ? PostgresSetting.NameOf(Postgres!) : DatabasePath;

    /// <summary><c>OLLAMA_PROXY_WORKER</c>: whether this process runs prompts; otherwise it only serves the API.</summary>
    public bool Worker { get; init; } = true;

    /// <summary><c>OLLAMA_PROXY_DRAIN_SECONDS</c>: how long one drain waits for new prompts.</summary>
    public TimeSpan DrainSlice { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary><c>OLLAMA_PROXY_LEASE_SECONDS</c>: how long a worker that does not renew its leases keeps its prompts.</summary>
    public TimeSpan LeaseLength { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary><c>OLLAMA_PROXY_MAX_QUEUED</c>: how many prompts may be queued; 0: no limit.</summary>
    public int MaxQueued { get; init; } = 100_000;

    /// <summary>
    /// <c>OLLAMA_PROXY_INTERACTIVE_PRIORITY</c>: the priority of calls of the Ollama, OpenAI and Anthropic APIs, whose clients wait for the
    /// answer.
    /// </summary>
    public int InteractivePriority { get; init; } = 10;

    /// <summary><c>OLLAMA_PROXY_BATCH_PRIORITY</c>: the priority of the prompts of OpenAI's batches.</summary>
    public int BatchPriority { get; init; } = -10;

    /// <summary><c>OLLAMA_PROXY_AGEING_SECONDS</c>: the head start of one point of priority; see <see cref="QueueRank"/>.</summary>
    public TimeSpan AgeingStep { get; init; } = QueueRank.DefaultAgeingStep;

    /// <summary><c>OLLAMA_PROXY_GROUPING_WINDOW</c>: for how long prompts whose model is loaded may overtake a prompt.</summary>
    public TimeSpan GroupingWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// <c>OLLAMA_PROXY_FAIRNESS_WINDOW</c>: by how many tokens an account may be served ahead of the others because its model is loaded.
    /// </summary>
    public int FairnessWindow { get; init; } = 4000;

    /// <summary>
    /// <c>OLLAMA_PROXY_PREEMPTION</c>: whether a prompt of a priority under 0 is handed back for an interactive one that waits for a slot.
    /// </summary>
    public bool Preemption { get; init; }

    /// <summary><c>OLLAMA_PROXY_BULK_HOURS</c>: when prompts of a priority under 0 may start; null: at any time.</summary>
    public BulkHours? BulkHours { get; init; }

    /// <summary><c>OLLAMA_PROXY_WAIT_FOR_MODEL</c>: whether a prompt whose model no backend has waits for it; otherwise it fails.</summary>
    public bool WaitForModel { get; init; }

    /// <summary><c>OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT</c>: whether clients may pull, push, create, copy and delete models.</summary>
    public bool AllowModelManagement { get; init; }

    /// <summary>
    /// <c>OLLAMA_PROXY_MAX_PREVIOUS_RESPONSES</c>: how many responses back a conversation is put together that goes on from one.
    /// </summary>
    public int MaxPreviousResponses { get; init; } = 100;

    /// <summary><c>OLLAMA_PROXY_RETENTION_DAYS</c>: how long after its end a prompt is removed; zero: never.</summary>
    public TimeSpan Retention { get; init; }

    /// <summary><c>OLLAMA_PROXY_MAX_BODY_BYTES</c>: the largest request body.</summary>
    public int MaxBodyBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// <c>OLLAMA_PROXY_MAX_BUFFERED_BYTES</c>: how much memory all large request bodies together may take while they are received and
    /// stored.
    /// </summary>
    public int MaxBufferedBytes { get; init; } = 128 * 1024 * 1024;

    /// <summary>
    /// <c>OLLAMA_PROXY_MAX_FILE_BYTES_PER_OWNER</c>: how many bytes the files of an owner may have together; 0: no limit.
    /// </summary>
    public long MaxFileBytesPerOwner { get; init; } = 10L * 1024 * 1024 * 1024;

    /// <summary><c>OLLAMA_PROXY_SHUTDOWN_SECONDS</c>: how long the shutdown may take, from the signal to the end of the process.</summary>
    public TimeSpan ShutdownTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>OLLAMA_PROXY_KEEPALIVE_SECONDS</c>: the silence after which a waiting call gets a heartbeat; zero: never.</summary>
    public TimeSpan HeartbeatInterval { get; init; }

    /// <summary><c>OLLAMA_PROXY_API_KEYS</c>: the keys by which callers are known.</summary>
    public IReadOnlyList<ApiKey> ApiKeys { get; init; } = [];

    /// <summary><c>OLLAMA_PROXY_API_KEYS_FILE</c>: the full path of a file with more keys; null: there is none.</summary>
    public string? ApiKeysFile { get; init; }

    /// <summary>Whether only callers with a key are let in. A file without keys lets nobody in.</summary>
    public bool NeedsApiKey => ApiKeys.Count > 0 || ApiKeysFile is not null;

    /// <summary>
    /// <c>OLLAMA_PROXY_OWNER_HEADER</c>: the header in which a client that serves many people names the one that a request is for.
    /// </summary>
    public string OwnerHeader { get; init; } = "X-Owner";

    /// <summary>
    /// <c>OLLAMA_PROXY_CORS_ORIGINS</c>: patterns of origins that may call the API from a browser, besides local ones; <c>*</c>: all.
    /// </summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    /// <summary>
    /// <c>OLLAMA_PROXY_HOSTS</c>: patterns of host names, without ports, that are accepted besides local ones; <c>*</c>: all.
    /// </summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary><c>WEBSITE_HOSTNAME</c>: the host name that Azure gives the app, without a port; null: it does not run in Azure.</summary>
    public string? WebsiteHostName { get; init; }

    /// <summary><c>OLLAMA_PROXY_WEBHOOK_SECRET</c>, <c>OLLAMA_PROXY_WEBHOOK_ALLOW</c>: how clients are told that prompts ended.</summary>
    public WebhookOptions Webhooks { get; init; } = WebhookOptions.None;

    /// <summary><c>OLLAMA_PROXY_QUIET</c>: whether requests are left out of the log.</summary>
    public bool Quiet { get; init; }
}
