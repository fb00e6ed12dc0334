using Microsoft.Extensions.Configuration;
using OllamaProxy.Configuration.Webhooks;

namespace OllamaProxy.Configuration;

// How they are read.
public sealed partial record OllamaProxyOptions
{
    internal const string DefaultDatabase = "data/queue.db";

    /// <summary>Reads the settings.</summary>
    /// <exception cref="InvalidSettingException">Settings have bad values. The message has a line for each.</exception>
    public static OllamaProxyOptions Read(IConfiguration configuration)
    {
        var settings = new SettingReader(configuration);
        var defaults = new OllamaProxyOptions();
        var store = settings.Parsed("OLLAMA_PROXY_STORE", defaults.Store, PostgresSetting.TryParseStore, PostgresSetting.ExpectedStore);
        var (postgres, listen) = PostgresSetting.Read(settings, store);
        var (apiKeys, apiKeysFile) = ApiKeysSetting.Read(settings);
        var options = new OllamaProxyOptions
        {
            Backends = BackendsSetting.Read(settings, defaults.Backends),
            Model = settings.Text("OLLAMA_MODEL", defaults.Model),
            KeepAlive = settings.Parsed("OLLAMA_KEEP_ALIVE", defaults.KeepAlive, KeepAliveSetting.TryParse, KeepAliveSetting.Expected),
            ModelOptions = ModelOptionsFile.Read(settings),
            Concurrency = settings.Int32("OLLAMA_CONCURRENCY", defaults.Concurrency, 1, BackendsSetting.MaxConcurrency),
            PollInterval = settings.Seconds("OLLAMA_POLL_INTERVAL", defaults.PollInterval, 0.01, 3600),
            Timeout = settings.Seconds("OLLAMA_TIMEOUT", defaults.Timeout, 0.01, MaxSeconds),
            IdleTimeout = settings.Seconds("OLLAMA_IDLE_TIMEOUT", defaults.IdleTimeout, 0.01, MaxSeconds),
            MaxAttempts = settings.Int32("OLLAMA_MAX_ATTEMPTS", defaults.MaxAttempts, 1, 1000),
            RetryBase = settings.Seconds("OLLAMA_RETRY_BASE_SECONDS", defaults.RetryBase, 0, 300),
            Store = store,
            Postgres = postgres,
            PostgresListen = listen,
            PostgresIdentity = settings.Text("OLLAMA_PROXY_POSTGRES_IDENTITY", "") is { Length: > 0 } identity ? identity : null,
            DatabasePath = DatabaseFile.Resolve(settings.Text("OLLAMA_PROXY_DB", DefaultDatabase)),
            CheckDatabase = settings.Switch("OLLAMA_PROXY_CHECK_DATABASE", defaults.CheckDatabase),
            Worker = settings.Switch("OLLAMA_PROXY_WORKER", defaults.Worker),
            DrainSlice = settings.Seconds("OLLAMA_PROXY_DRAIN_SECONDS", defaults.DrainSlice, 0, MaxSeconds),
            LeaseLength = settings.Seconds("OLLAMA_PROXY_LEASE_SECONDS", defaults.LeaseLength, 0.1, 86_400),
            MaxQueued = settings.Int32("OLLAMA_PROXY_MAX_QUEUED", defaults.MaxQueued, 0, int.MaxValue),
            InteractivePriority = settings.Priority("OLLAMA_PROXY_INTERACTIVE_PRIORITY", defaults.InteractivePriority),
            BatchPriority = settings.Priority("OLLAMA_PROXY_BATCH_PRIORITY", defaults.BatchPriority),
            AgeingStep = settings.Seconds("OLLAMA_PROXY_AGEING_SECONDS", defaults.AgeingStep, 0, 86_400 * 365),
            GroupingWindow = settings.Seconds("OLLAMA_PROXY_GROUPING_WINDOW", defaults.GroupingWindow, 0, MaxSeconds),
            FairnessWindow = settings.Int32("OLLAMA_PROXY_FAIRNESS_WINDOW", defaults.FairnessWindow, 0, int.MaxValue),
            Preemption = settings.Switch("OLLAMA_PROXY_PREEMPTION", defaults.Preemption),
            BulkHours = BulkHours.Read(settings),
            WaitForModel = settings.Switch("OLLAMA_PROXY_WAIT_FOR_MODEL", defaults.WaitForModel),
            AllowModelManagement = settings.Switch("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", defaults.AllowModelManagement),
            MaxPreviousResponses = settings.Int32("OLLAMA_PROXY_MAX_PREVIOUS_RESPONSES", defaults.MaxPreviousResponses, 1, 10_000),
            Retention = settings.Days("OLLAMA_PROXY_RETENTION_DAYS", defaults.Retention, 0, 36_500),
            MaxBodyBytes = settings.Int32("OLLAMA_PROXY_MAX_BODY_BYTES", defaults.MaxBodyBytes, 1, MaxBodyLimit),
            MaxBufferedBytes = settings.Int32("OLLAMA_PROXY_MAX_BUFFERED_BYTES", defaults.MaxBufferedBytes, 1024 * 1024, int.MaxValue),
            MaxFileBytesPerOwner = settings.Int64("OLLAMA_PROXY_MAX_FILE_BYTES_PER_OWNER", defaults.MaxFileBytesPerOwner, 0, long.MaxValue),
            ShutdownTime = settings.Seconds("OLLAMA_PROXY_SHUTDOWN_SECONDS", defaults.ShutdownTime, 0, 3600),
            HeartbeatInterval = settings.Seconds("OLLAMA_PROXY_KEEPALIVE_SECONDS", defaults.HeartbeatInterval, 0, 3600),
            ApiKeys = apiKeys,
            ApiKeysFile = apiKeysFile,
            OwnerHeader = OwnerHeaderSetting.Read(settings, defaults.OwnerHeader),
            CorsOrigins = settings.Parsed(
                "OLLAMA_PROXY_CORS_ORIGINS", defaults.CorsOrigins, OriginsSetting.TryParse, OriginsSetting.Expected),
            Hosts = settings.Parsed("OLLAMA_PROXY_HOSTS", defaults.Hosts, HostsSetting.TryParse, HostsSetting.Expected),
            WebsiteHostName = settings.Text("WEBSITE_HOSTNAME", "").Split(':')[0] is { Length: > 0 } name ? name : null,
            Webhooks = WebhookOptions.Read(settings),
            Quiet = settings.IsSet("OLLAMA_PROXY_QUIET"),
        };
        BackendsSetting.CheckReserved(settings, options.Backends, options.Concurrency);
        settings.ThrowIfAnyIsBad();
        return options;
    }

    /// <summary>The longest timeout that a .NET timer supports, rounded down: 24 days.</summary>
    public const double MaxSeconds = 24 * 86_400;

    /// <summary>The largest SQLite value. A body is stored as one, and held in one array.</summary>
    private const int MaxBodyLimit = 1_000_000_000;
}
