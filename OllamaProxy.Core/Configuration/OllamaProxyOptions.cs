using Microsoft.Extensions.Configuration;
using OllamaProxy.Prompts;

namespace OllamaProxy.Configuration;

/// <summary>All settings, read once at the start from environment variables (in Azure Functions: app settings).</summary>
public sealed record OllamaProxyOptions
{
    /// <summary><c>OLLAMA_URL</c>: the backends.</summary>
    public IReadOnlyList<BackendOptions> Backends { get; init; } = [new(OllamaEndpoint.Default)];

    /// <summary><c>OLLAMA_MODEL</c>: the model of a prompt that names none.</summary>
    public string Model { get; init; } = "llama3.2";

    /// <summary><c>OLLAMA_KEEP_ALIVE</c>: a JSON value sent with prompts that have no <c>keep_alive</c>; null: Ollama's own default.</summary>
    public string? KeepAlive { get; init; }

    /// <summary><c>OLLAMA_CONCURRENCY</c>: how many prompts run at once on each backend that does not say so itself.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>How many prompts run at once on all backends together.</summary>
    public int TotalConcurrency => Backends.Sum(backend => backend.Concurrency ?? Concurrency);

    /// <summary><c>OLLAMA_POLL_INTERVAL</c>: how long a prompt that another process wrote can wait unseen.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>OLLAMA_TIMEOUT</c>: how long an attempt may take; over it the prompt fails.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary><c>OLLAMA_IDLE_TIMEOUT</c>: how long Ollama may be silent once tokens flow.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary><c>OLLAMA_MAX_ATTEMPTS</c>: how many attempts a prompt may use up that does not say so itself.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary><c>OLLAMA_RETRY_BASE_SECONDS</c>: the longest wait before the second attempt; it doubles from there.</summary>
    public TimeSpan RetryBase { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>OLLAMA_PROXY_STORE</c>: where the prompts are kept.</summary>
    public StoreKind Store { get; init; }

    /// <summary><c>OLLAMA_PROXY_DB</c>: the full path of the database file.</summary>
    public string DatabasePath { get; init; } = DatabaseFile.Resolve(DefaultDatabase);

    /// <summary><c>OLLAMA_PROXY_CHECK_DATABASE</c>: whether all of the database is checked at the start.</summary>
    public bool CheckDatabase { get; init; }

    /// <summary><c>OLLAMA_PROXY_POSTGRES</c>: the connection string of the database, with which <see cref="Store"/> goes; null: none.</summary>
    public string? Postgres { get; init; }

    /// <summary>
    /// <c>OLLAMA_PROXY_POSTGRES_LISTEN</c>: that of a connection on which the server tells of what other instances wrote; null: they are
    /// only looked for.
    /// </summary>
    public string? PostgresListen { get; init; }

    /// <summary>What people call the database. There is no secret in it.</summary>
    public string DatabaseName => Store == StoreKind.Postgres ? PostgresSetting.NameOf(Postgres!) : DatabasePath;

    /// <summary><c>OLLAMA_PROXY_WORKER</c>: whether this process runs prompts, or only serves.</summary>
    public bool Worker { get; init; } = true;

    /// <summary><c>OLLAMA_PROXY_DRAIN_SECONDS</c>: for how long one drain listens for new prompts.</summary>
    public TimeSpan DrainSlice { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary><c>OLLAMA_PROXY_LEASE_SECONDS</c>: how long a worker that is no longer heard of keeps its prompts.</summary>
    public TimeSpan LeaseLength { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary><c>OLLAMA_PROXY_MAX_QUEUED</c>: how many prompts may be queued; 0: no limit.</summary>
    public int MaxQueued { get; init; } = 100_000;

    /// <summary><c>OLLAMA_PROXY_INTERACTIVE_PRIORITY</c>: the priority of calls of Ollama's and OpenAI's own API, for whose answer somebody waits.</summary>
    public int InteractivePriority { get; init; } = 10;

    /// <summary><c>OLLAMA_PROXY_AGEING_SECONDS</c>: how much of a head start a point of priority is.</summary>
    public TimeSpan AgeingStep { get; init; } = QueueRank.DefaultAgeingStep;

    /// <summary><c>OLLAMA_PROXY_GROUPING_WINDOW</c>: for how long a prompt may be overtaken by others whose model is loaded.</summary>
    public TimeSpan GroupingWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary><c>OLLAMA_PROXY_WAIT_FOR_MODEL</c>: whether a prompt whose model no backend has waits until one has it; else it fails.</summary>
    public bool WaitForModel { get; init; }

    /// <summary><c>OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT</c>: whether clients may pull, push, create, copy and delete models.</summary>
    public bool AllowModelManagement { get; init; }

    /// <summary><c>OLLAMA_PROXY_RETENTION_DAYS</c>: after how many days a prompt that has ended is removed; zero: never.</summary>
    public TimeSpan Retention { get; init; }

    /// <summary><c>OLLAMA_PROXY_MAX_BODY_BYTES</c>: the largest request body.</summary>
    public int MaxBodyBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// <c>OLLAMA_PROXY_MAX_BUFFERED_BYTES</c>: how much memory the large bodies of all requests may take together, while they come in and
    /// are stored.
    /// </summary>
    public int MaxBufferedBytes { get; init; } = 128 * 1024 * 1024;

    /// <summary><c>OLLAMA_PROXY_SHUTDOWN_SECONDS</c>: how long the end of the process may take, from the signal on.</summary>
    public TimeSpan ShutdownTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>OLLAMA_PROXY_KEEPALIVE_SECONDS</c>: after how much silence a call that waits gets a sign of life; zero: never.</summary>
    public TimeSpan KeepAliveInterval { get; init; }

    /// <summary><c>OLLAMA_PROXY_CORS_ORIGINS</c>: patterns of origins that may call the API beside local ones; <c>*</c>: all.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    /// <summary><c>OLLAMA_PROXY_HOSTS</c>: patterns of hosts, without ports, that are served beside local ones; <c>*</c>: all.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary><c>WEBSITE_HOSTNAME</c>: the host name that Azure gives the app, without a port. Null: it does not run there.</summary>
    public string? WebsiteHostName { get; init; }

    /// <summary><c>OLLAMA_PROXY_QUIET</c>: no line in the log for each request.</summary>
    public bool Quiet { get; init; }

    private const string DefaultDatabase = "data/queue.db";

    /// <summary>Reads the settings.</summary>
    /// <exception cref="InvalidSettingException">Values are bad; the message has a line for each, with its name.</exception>
    public static OllamaProxyOptions Read(IConfiguration configuration)
    {
        var settings = new SettingReader(configuration);
        var defaults = new OllamaProxyOptions();
        var store = settings.Parsed("OLLAMA_PROXY_STORE", defaults.Store, PostgresSetting.TryParseStore, PostgresSetting.ExpectedStore);
        var (postgres, listen) = PostgresSetting.Read(settings, store);
        var options = new OllamaProxyOptions
        {
            Backends = ReadBackends(settings, defaults.Backends),
            Model = settings.Text("OLLAMA_MODEL", defaults.Model),
            KeepAlive = settings.Parsed("OLLAMA_KEEP_ALIVE", defaults.KeepAlive, KeepAliveSetting.TryParse, KeepAliveSetting.Expected),
            Concurrency = settings.Int32("OLLAMA_CONCURRENCY", defaults.Concurrency, 1, BackendsSetting.MaxConcurrency),
            PollInterval = settings.Seconds("OLLAMA_POLL_INTERVAL", defaults.PollInterval, 0.01, 3600),
            Timeout = settings.Seconds("OLLAMA_TIMEOUT", defaults.Timeout, 0.01, MaxSeconds),
            IdleTimeout = settings.Seconds("OLLAMA_IDLE_TIMEOUT", defaults.IdleTimeout, 0.01, MaxSeconds),
            MaxAttempts = settings.Int32("OLLAMA_MAX_ATTEMPTS", defaults.MaxAttempts, 1, 1000),
            RetryBase = settings.Seconds("OLLAMA_RETRY_BASE_SECONDS", defaults.RetryBase, 0, 300),
            Store = store,
            Postgres = postgres,
            PostgresListen = listen,
            DatabasePath = DatabaseFile.Resolve(settings.Text("OLLAMA_PROXY_DB", DefaultDatabase)),
            CheckDatabase = settings.Switch("OLLAMA_PROXY_CHECK_DATABASE", defaults.CheckDatabase),
            Worker = settings.Switch("OLLAMA_PROXY_WORKER", defaults.Worker),
            DrainSlice = settings.Seconds("OLLAMA_PROXY_DRAIN_SECONDS", defaults.DrainSlice, 0, MaxSeconds),
            LeaseLength = settings.Seconds("OLLAMA_PROXY_LEASE_SECONDS", defaults.LeaseLength, 0.1, 86_400),
            MaxQueued = settings.Int32("OLLAMA_PROXY_MAX_QUEUED", defaults.MaxQueued, 0, int.MaxValue),
            InteractivePriority = settings.Int32("OLLAMA_PROXY_INTERACTIVE_PRIORITY", defaults.InteractivePriority, QueueRank.LowestPriority, QueueRank.HighestPriority),
            AgeingStep = settings.Seconds("OLLAMA_PROXY_AGEING_SECONDS", defaults.AgeingStep, 0, 86_400 * 365),
            GroupingWindow = settings.Seconds("OLLAMA_PROXY_GROUPING_WINDOW", defaults.GroupingWindow, 0, MaxSeconds),
            WaitForModel = settings.Switch("OLLAMA_PROXY_WAIT_FOR_MODEL", defaults.WaitForModel),
            AllowModelManagement = settings.Switch("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", defaults.AllowModelManagement),
            Retention = settings.Days("OLLAMA_PROXY_RETENTION_DAYS", defaults.Retention, 0, 36_500),
            MaxBodyBytes = settings.Int32("OLLAMA_PROXY_MAX_BODY_BYTES", defaults.MaxBodyBytes, 1, MaxBodyLimit),
            MaxBufferedBytes = settings.Int32("OLLAMA_PROXY_MAX_BUFFERED_BYTES", defaults.MaxBufferedBytes, 1024 * 1024, int.MaxValue),
            ShutdownTime = settings.Seconds("OLLAMA_PROXY_SHUTDOWN_SECONDS", defaults.ShutdownTime, 0, 3600),
            KeepAliveInterval = settings.Seconds("OLLAMA_PROXY_KEEPALIVE_SECONDS", defaults.KeepAliveInterval, 0, 3600),
            CorsOrigins = settings.Parsed("OLLAMA_PROXY_CORS_ORIGINS", defaults.CorsOrigins, OriginsSetting.TryParse, OriginsSetting.Expected),
            Hosts = settings.Parsed("OLLAMA_PROXY_HOSTS", defaults.Hosts, HostsSetting.TryParse, HostsSetting.Expected),
            WebsiteHostName = settings.Text("WEBSITE_HOSTNAME", "").Split(':')[0] is { Length: > 0 } name ? name : null,
            Quiet = settings.IsSet("OLLAMA_PROXY_QUIET"),
        };
        settings.ThrowIfAnyIsBad();
        return options;
    }

    private static IReadOnlyList<BackendOptions> ReadBackends(SettingReader settings, IReadOnlyList<BackendOptions> fallback)
    {
        var backends = settings.Secret("OLLAMA_URL", fallback, BackendsSetting.Parse);
        var token = settings.Text("OLLAMA_PROXY_BACKEND_TOKEN", "");
        if (token.Length > 0 && !BackendsSetting.TryParseToken(token, out token))
            settings.Refuse("The setting OLLAMA_PROXY_BACKEND_TOKEN must have visible ASCII characters only; its value is not shown here.");
        else if (token.Length > 0)
            backends = BackendsSetting.WithToken(backends, token);
        return [.. backends.Select(backend => backend with { Proxy = ProxySetting.Find(settings, backend.Endpoint.BaseAddress) })];
    }

    /// <summary>The longest time-out that a timer of .NET can hold, rounded down: 24 days.</summary>
    public const double MaxSeconds = 24 * 86_400;

    /// <summary>A body becomes one array and one SQLite value, which can hold no more than this.</summary>
    private const int MaxBodyLimit = 1_000_000_000;
}
