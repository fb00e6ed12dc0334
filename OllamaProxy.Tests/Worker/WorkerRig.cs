using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Live;
using OllamaProxy.Prompts;
using OllamaProxy.Queue;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Http;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;
using OllamaProxy.Worker;

namespace OllamaProxy.Tests.Worker;

/// <summary>The worker with a Simulator as Ollama, on a clock that only the test moves. Nothing calls it but the test.</summary>
public sealed class WorkerRig : IAsyncDisposable
{
    /// <summary>For what must come, on the real clock.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A drain ends as soon as the queue is empty.</summary>
    internal static readonly (string, string) NoSlice = ("OLLAMA_PROXY_DRAIN_SECONDS", "0");

    internal static readonly (string, string) TwoSlots = ("OLLAMA_CONCURRENCY", "2");

    /// <summary>For tests that move the clock in leaps, and are not about leases.</summary>
    internal static readonly (string, string) LongLease = ("OLLAMA_PROXY_LEASE_SECONDS", "86400");

    private readonly IHost _host;
    private readonly CancellationTokenSource _stop = new();

    private WorkerRig(
        OllamaSimulator ollama, FakeTimeProvider time, StoreHome home, IPromptStore store,
        IEnumerable<(string Name, string Value)> settings)
    {
        (Ollama, Time, Home) = (ollama, time, home);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["OLLAMA_URL"] = ollama.BaseAddress.ToString(),
            // No timer starts the next drain here: the first one lasts, however far the test moves the clock.
            ["OLLAMA_PROXY_DRAIN_SECONDS"] = "1000000",
        });
        foreach (var (name, value) in settings)
            builder.Configuration[name] = value;
        builder.Logging.AddProvider(Log);
        builder.AddOllamaProxy();
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton(store);
        _host = builder.Build();
    }

    public OllamaSimulator Ollama { get; }

    public FakeTimeProvider Time { get; }

    public LogRecorder Log { get; } = new();

    /// <summary>Where the prompts are; a store that is opened there is another process's, on the same clock.</summary>
    public StoreHome Home { get; }

    /// <summary>The SQLite file.</summary>
    public string DatabasePath => Home.Folder.File("queue.db");

    public IServiceProvider Services => _host.Services;

    public QueueWorker Worker => _host.Services.GetRequiredService<QueueWorker>();

    public PromptQueue Queue => _host.Services.GetRequiredService<PromptQueue>();

    public AttemptOutputs Live => _host.Services.GetRequiredService<AttemptOutputs>();

    public IPromptStore Store => _host.Services.GetRequiredService<IPromptStore>();

    public static Task<WorkerRig> StartAsync(params (string Name, string Value)[] settings) => StartAsync(TimeSpan.Zero, settings);

    /// <param name="latency">How long Ollama is silent before the first token, on the rig's clock.</param>
    /// <param name="settings">Settings by the names of their environment variables.</param>
    public static Task<WorkerRig> StartAsync(TimeSpan latency, params (string Name, string Value)[] settings) =>
        StartAsync(new FakeTimeProvider(new DateTimeOffset(2026, 2, 21, 12, 0, 0, TimeSpan.Zero)), latency, settings);

    public static Task<WorkerRig> StartAsync(
        FakeTimeProvider time, TimeSpan latency, params (string Name, string Value)[] settings) =>
        StartAsync(StoreHome.Chosen(), time, latency, settings);

    /// <param name="home">Where the prompts are. It goes with the rig.</param>
    /// <param name="time">The rig's clock.</param>
    /// <param name="latency">How long Ollama is silent before the first token, on this clock.</param>
    /// <param name="settings">Settings by the names of their environment variables.</param>
    public static async Task<WorkerRig> StartAsync(
        StoreHome home, FakeTimeProvider time, TimeSpan latency, params (string Name, string Value)[] settings)
    {
        // Opened here, and not by the application: times are to be those of the rig's clock, also where the database has one of its own.
        return new(await OllamaSimulator.StartAsync(new() { Latency = latency, Time = time }), time, home, await home.OpenAsync(time),
            [.. await home.SettingsAsync(), .. settings]);
    }

    /// <summary>Starts a drain that ends with the rig, if not before.</summary>
    public Task Drain() => Task.Run(() => Worker.DrainAsync(_stop.Token));

    /// <summary>
    /// A drain that must end by itself. The clock stands still meanwhile: what waits for it fails the test, and does not hang the run.
    /// </summary>
    public Task DrainToEndAsync() => Drain().WaitAsync(Patience);

    public async Task<Guid> SubmitAsync(string text, Func<NewPrompt, NewPrompt>? change = null)
    {
        var prompt = new NewPrompt(text, "llama3.2", "{}"u8.ToArray());
        return (await Queue.SubmitAsync(change?.Invoke(prompt) ?? prompt, default)).Prompt.Id;
    }

    /// <summary>A second store on the same database, as another process has it. It is closed with the rig.</summary>
    public Task<IPromptStore> OpenSecondStoreAsync() => Home.OpenAsync(Time);

    public async Task<Prompt> FindAsync(Guid id) => (await Store.FindAsync(id, default))!;

    public Task<Prompt> WhenAsync(Guid id, PromptStatus status) => Eventually.NotNull(
        async () => await FindAsync(id) is var prompt && prompt.Status == status ? prompt : null, $"{status}");

    /// <summary>Waits until the prompt has ended, and moves the clock while it waits for another attempt.</summary>
    public Task<Prompt> WhenEndedAsync(Guid id) =>
        WhenEndedAsync(id, TimeSpan.FromSeconds(1), prompt => prompt.Status == PromptStatus.Queued);

    /// <summary>Waits until the prompt has ended, and moves the clock all the time, past the limits of what runs.</summary>
    public Task<Prompt> AdvanceUntilEndedAsync(Guid id, TimeSpan step) => WhenEndedAsync(id, step, _ => true);

    /// <summary>Moves the clock until the attempt that runs has ended, and no further: the next one has limits, too.</summary>
    public Task PassAttemptAsync(Guid id, TimeSpan step) => Eventually.NotNull(async () =>
    {
        if ((await FindAsync(id)).Status != PromptStatus.Processing)
            return "ended";
        Time.Advance(step);
        return null;
    }, "the attempt to end");

    private Task<Prompt> WhenEndedAsync(Guid id, TimeSpan step, Func<Prompt, bool> advance) => Eventually.NotNull(async () =>
    {
        var prompt = await FindAsync(id);
        if (prompt.Status.HasEnded())
            return prompt;
        if (advance(prompt))
            Time.Advance(step);
        return null;
    }, "the prompt to end");

    /// <summary>What a prompt asked of Ollama.</summary>
    internal static (string Prompt, string Model) Sent(LoggedRequest request)
    {
        using var body = System.Text.Json.JsonDocument.Parse(request.Body);
        return (body.RootElement.GetProperty("prompt").GetString()!, body.RootElement.GetProperty("model").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // Nobody moves the clock any more: what waits for it fails the test, and does not hang the run.
        await Worker.StopAsync(default).WaitAsync(Patience);
        await ((IAsyncDisposable)_host).DisposeAsync();
        await Ollama.DisposeAsync();
        _stop.Dispose();
        await Home.DisposeAsync();
    }
}
