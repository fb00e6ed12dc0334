using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OllamaProxy.Access;
using OllamaProxy.Api;
using OllamaProxy.Api.Batches;
using OllamaProxy.Api.Callbacks;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Calls;
using OllamaProxy.Api.Files;
using OllamaProxy.Api.Health;
using OllamaProxy.Api.Http;
using OllamaProxy.Api.Metrics;
using OllamaProxy.Api.Models;
using OllamaProxy.Api.Pages;
using OllamaProxy.Api.Prompts;
using OllamaProxy.Api.Queue;
using OllamaProxy.Api.Responses;
using OllamaProxy.Api.Stats;
using OllamaProxy.Api.Streams;
using OllamaProxy.Batching;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Live;
using OllamaProxy.Notifications;
using OllamaProxy.Ollama;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Queue;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Deliveries;
using OllamaProxy.Storage.Files;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Trends;
using OllamaProxy.Telemetry;
using OllamaProxy.Webhooks;
using OllamaProxy.Worker;
using OllamaProxy.Worker.Attempts;
using OllamaProxy.Worker.Preemption;

namespace OllamaProxy;

/// <summary>Puts the application together, on whatever host.</summary>
public static class OllamaProxyServices
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The longest head of an answer of Ollama's.</summary>
    private const int MaxResponseHeadKiB = 64;

    /// <summary>Adds everything, with the settings of the host's configuration.</summary>
    /// <param name="builder">The host's.</param>
    /// <param name="limits">What the host can do; null: all.</param>
    /// <exception cref="InvalidSettingException">A setting is bad.</exception>
    public static IHostApplicationBuilder AddOllamaProxy(this IHostApplicationBuilder builder, HostLimits? limits = null)
    {
        NativeHeap.KeepFreed();
        var options = OllamaProxyOptions.Read(builder.Configuration);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(limits ?? HostLimits.None);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddHostedService<MemoryReturn>();
        builder.Services.AddHostedService<SettingWarnings>();
        var shutdown = options.ShutdownTime;
        builder.Services.AddShutdown(limits?.LongestShutdown is { } longest && longest < shutdown ? longest : shutdown);
        builder.Services.AddSingleton<ApiKeys>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<ApiKeys>());
        builder.AddTelemetry();
        builder.Services.AddPrompts();
        builder.Services.AddWorker();
        builder.Services.AddApi();
        return builder;
    }

    /// <param name="services">The host's.</param>
    /// <param name="timeout">How long the end of the process may take.</param>
    private static void AddShutdown(this IServiceCollection services, TimeSpan timeout)
    {
        services.AddSingleton(provider => new Shutdown(
            timeout, provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<TimeProvider>()));
        services.Configure<HostOptions>(host => host.ShutdownTimeout = Shutdown.ConnectionsEndAfter(timeout));
    }

    private static void AddPrompts(this IServiceCollection services)
    {
        services.AddSingleton<QueueSignal>();
        services.AddSingleton<WaitEstimator>();
        services.AddSingleton<PromptQueue>();
        services.AddSingleton<IPromptStore>(provider =>
        {
            var options = provider.GetRequiredService<OllamaProxyOptions>();
            var time = provider.GetRequiredService<TimeProvider>();
            var store = OpenStore(options, time);
            provider.GetRequiredService<ILogger<IPromptStore>>().DatabaseOpened(options.DatabaseName);
            return store;
        });
        services.AddSingleton<IPromptReader>(provider => provider.GetRequiredService<IPromptStore>());
        services.AddSingleton<IPromptCommands>(provider => provider.GetRequiredService<IPromptStore>());
        services.AddSingleton<IWorkQueue>(provider => provider.GetRequiredService<IPromptStore>());
        services.AddSingleton<IStoreMaintenance>(provider => provider.GetRequiredService<IPromptStore>());
        services.AddSingleton<IBatchStore>(provider => provider.GetRequiredService<IPromptStore>());
        services.AddSingleton<IFileStore>(provider => provider.GetRequiredService<IPromptStore>());
        services.AddSingleton<IDeliveryStore>(provider => provider.GetRequiredService<IPromptStore>());
        services.AddSingleton<ITrendStore>(provider => provider.GetRequiredService<IPromptStore>());
        services.AddSingleton(provider => new AttemptOutputs(provider.GetRequiredService<IPromptReader>().Notifier));
        services.AddSingleton<ResponseRegistry>();
        services.AddSingleton<RunningAttempts>();
        services.AddSingleton<PromptTexts>();
        services.AddHostedService<StorePoller>();
        services.AddHostedService<ClientLeaseRenewer>();
    }

    private static IPromptStore OpenStore(OllamaProxyOptions options, TimeProvider time) => options.Store == StoreKind.Postgres
        // The container makes its services on one thread, which has nothing else to do.
        ? Task.Run(() => PostgresPromptStore.OpenAsync(
            options.Postgres!, options.PostgresListen, time, options.AgeingStep, identity: options.PostgresIdentity))
                .GetAwaiter().GetResult()
        : SqlitePromptStore.Open(options.DatabasePath, options.Model, time, options.AgeingStep, options.CheckDatabase);

    private static void AddWorker(this IServiceCollection services)
    {
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<OllamaProxyOptions>();
            var time = provider.GetRequiredService<TimeProvider>();
            var logger = provider.GetRequiredService<ILogger<Backend>>();
            return new BackendPool(
                [.. options.Backends.Select(backend => new Backend(ClientOf(backend, time), backend, options, time, logger))], time);
        });
        services.AddSingleton<PreviousResponses>();
        services.AddSingleton<AttemptRunner>();
        services.AddSingleton<LeaseRenewer>();
        services.AddSingleton<AccountShares>();
        services.AddSingleton<AccountLedger>();
        services.AddSingleton<AttemptFinalizer>();
        services.AddSingleton<Preemptor>();
        services.AddSingleton<PromptRunner>();
        services.AddSingleton<Dispatcher>();
        services.AddSingleton<IDirectDispatch>(provider => provider.GetRequiredService<Dispatcher>());
        services.AddSingleton<IWaitReasons, WaitReasons>();
        services.AddSingleton<WorkerIdentity>();
        services.AddSingleton<QueuePauses>();
        services.AddHostedService(provider => provider.GetRequiredService<QueuePauses>());
        services.AddSingleton<QueueWorker>();
        services.AddSingleton<RetentionJob>();
        services.AddSingleton<BatchSignal>();
        services.AddSingleton<BatchValidator>();
        services.AddSingleton<BatchFeeder>();
        services.AddSingleton<BatchCollector>();
        services.AddSingleton<BatchSteps>();
        services.AddSingleton<BatchRunner>();
        services.AddSingleton(provider => new AddressGuard(provider.GetRequiredService<OllamaProxyOptions>().Webhooks.Allowed));
        services.AddSingleton<WebhookClient>();
        services.AddSingleton<WebhookSender>();
        services.AddHostedService(provider => provider.GetRequiredService<WebhookSender>());
        services.AddSingleton<WorkCycle>();
        services.AddSingleton<BatchQueue>();
        services.AddHostedService(provider => provider.GetRequiredService<QueueWorker>());
    }

    private static OllamaClient ClientOf(BackendOptions backend, TimeProvider time) =>
        new(new(CreateForwardingHandler(backend.Proxy)) { Timeout = Timeout.InfiniteTimeSpan }, backend.Endpoint, time, backend.Headers,
            backend.Proxy);

    /// <summary>Sends a request as it is, and returns the answer as it is.</summary>
    private static SocketsHttpHandler CreateForwardingHandler(BackendProxy? proxy) => new()
    {
        UseProxy = proxy is not null,
        Proxy = proxy?.ToWebProxy(),
        ConnectTimeout = ConnectTimeout,
        MaxResponseHeadersLength = MaxResponseHeadKiB,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        // As Kestrel reads them.
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    };

    private static void AddApi(this IServiceCollection services)
    {
        services.AddSingleton<ApiPipeline>();
        services.AddSingleton<BufferBudget>();
        services.AddSingleton<RequestBody>();
        services.AddSingleton<WholeContent>();
        services.AddSingleton<RetryAfter>();
        services.AddSingleton<RouteTable>();
        services.AddSingleton<CallbackReader>();
        services.AddSingleton<SubmitHandlers>();
        services.AddSingleton<PromptHandlers>();
        services.AddSingleton<ChangeHandlers>();
        services.AddSingleton<CompletionWaiter>();
        services.AddSingleton<EventStreams>();
        services.AddSingleton<PromptStream>();
        services.AddSingleton<QueueStream>();
        services.AddSingleton<StreamHandlers>();
        services.AddSingleton<StateHandlers>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<HealthHandlers>();
        services.AddSingleton<QueueGauges>();
        services.AddHostedService(provider => provider.GetRequiredService<QueueGauges>());
        services.AddSingleton<MetricsHandler>();
        services.AddSingleton<UsageHandlers>();
        services.AddSingleton<TrendHandlers>();
        services.AddSingleton<QueueHandlers>();
        // Created here and now: a page that cannot be assembled stops the start, on both hosts.
        services.AddSingleton(new PageHandlers());
        services.AddSingleton<CallResponder>();
        services.AddSingleton<CallHandlers>();
        services.AddSingleton<CountTokensHandler>();
        services.AddSingleton<ResponseFinder>();
        services.AddSingleton<ResponseStream>();
        services.AddSingleton<ResponseHandlers>();
        services.AddSingleton<BackendForwarder>();
        services.AddSingleton<OllamaHandlers>();
        services.AddSingleton<ModelManagementHandlers>();
        services.AddSingleton<UnmatchedHandler>();
        services.AddSingleton<FoldedPaths>();
        services.AddSingleton<HostPolicy>();
        services.AddSingleton<OriginPolicy>();
        services.AddSingleton<CallerReader>();
        services.AddSingleton<CallerCheck>();
        services.AddSingleton<OwnPrompts>();
        services.AddSingleton<FileUpload>();
        services.AddSingleton<FileHandlers>();
        services.AddSingleton<BatchHandlers>();
        services.AddSingleton<MessageBatchHandlers>();
        services.AddSingleton<SessionHandlers>();
        services.AddCors();
        // The limit is ours: Kestrel's would be an empty 500 in the Functions worker.
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
        });
    }
}
