using System.Text;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using OllamaProxy.Api;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Worker;

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
    /// <exception cref="Settings.InvalidSettingException">A setting is bad.</exception>
    public static IHostApplicationBuilder AddOllamaProxy(this IHostApplicationBuilder builder, HostLimits? limits = null)
    {
        var options = OllamaProxyOptions.Read(builder.Configuration);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(limits ?? HostLimits.None);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddHostedService<MemoryReturn>();
        builder.Services.AddPrompts();
        builder.Services.AddWorker();
        builder.Services.AddApi(options);
        return builder;
    }

    private static void AddPrompts(this IServiceCollection services)
    {
        services.AddSingleton<QueueSignal>();
        services.AddSingleton<DrainRate>();
        services.AddSingleton<PromptQueue>();
        services.AddSingleton<IPromptStore>(provider =>
        {
            var options = provider.GetRequiredService<OllamaProxyOptions>();
            var store = SqlitePromptStore.Open(options.DatabasePath, options.Model, provider.GetRequiredService<TimeProvider>(), options.AgeingStep);
            provider.GetRequiredService<ILogger<SqlitePromptStore>>().DatabaseOpened(options.DatabasePath);
            return store;
        });
        services.AddSingleton(provider => new LiveTexts(provider.GetRequiredService<IPromptStore>().Watches));
        services.AddSingleton<LiveResponses>();
        services.AddSingleton<PromptTexts>();
        services.AddHostedService<StorePoll>();
        services.AddHostedService<OpenConnections>();
    }

    private static void AddWorker(this IServiceCollection services)
    {
        services.AddSingleton(provider =>
        {
            var http = new HttpClient(PassOn()) { Timeout = Timeout.InfiniteTimeSpan };
            var options = provider.GetRequiredService<OllamaProxyOptions>();
            var time = provider.GetRequiredService<TimeProvider>();
            var logger = provider.GetRequiredService<ILogger<Backend>>();
            return new Backends([.. options.Backends.Select(backend => new Backend(new(http, backend.Endpoint, time), backend, options, time, logger))]);
        });
        services.AddSingleton<Attempt>();
        services.AddSingleton<LeaseKeeper>();
        services.AddSingleton<Settler>();
        services.AddSingleton<PromptRunner>();
        services.AddSingleton<Dispatcher>();
        services.AddSingleton<IPromptTaker>(provider => provider.GetRequiredService<Dispatcher>());
        services.AddSingleton<WorkerIdentity>();
        services.AddSingleton<QueueWorker>();
        services.AddSingleton<Purger>();
        services.AddHostedService(provider => provider.GetRequiredService<QueueWorker>());
    }

    /// <summary>Sends a request as it is, and returns the answer as it is.</summary>
    private static SocketsHttpHandler PassOn() => new()
    {
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

    private static void AddApi(this IServiceCollection services, OllamaProxyOptions options)
    {
        services.AddSingleton<ApiPipeline>();
        services.AddSingleton<BufferBudget>();
        services.AddSingleton<RequestBody>();
        services.AddSingleton<ApiEndpoints>();
        services.AddSingleton<SubmitHandlers>();
        services.AddSingleton<PromptHandlers>();
        services.AddSingleton<ChangeHandlers>();
        services.AddSingleton<Waits>();
        services.AddSingleton<EventStreams>();
        services.AddSingleton<PromptStream>();
        services.AddSingleton<QueueStream>();
        services.AddSingleton<StreamHandlers>();
        services.AddSingleton<StateHandlers>();
        services.AddSingleton<CallConnections>();
        services.AddSingleton<CallHandlers>();
        services.AddSingleton<Passing>();
        services.AddSingleton<OllamaHandlers>();
        services.AddSingleton<ModelManagementHandlers>();
        services.AddSingleton<UnmatchedHandler>();
        services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. options.CorsOrigins])
            .AllowAnyHeader()
            .AllowAnyMethod()
            .WithExposedHeaders(HeaderNames.Location, HeaderNames.RetryAfter, Waits.Applied, CallHandlers.PromptId)
            .SetPreflightMaxAge(TimeSpan.FromHours(12))));
        // The limit is ours: Kestrel's would be an empty 500 in the Functions worker.
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
        });
    }
}
