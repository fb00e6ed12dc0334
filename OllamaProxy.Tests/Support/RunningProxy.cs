using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Support;

/// <summary>Ollama Proxy on a port of its own, with a Simulator behind it and an empty database.</summary>
public sealed class RunningProxy : IAsyncDisposable
{
    private readonly ProxyHost _host;
    private readonly Dictionary<string, string> _settings;
    private IProxyInstance _instance;

    private RunningProxy(ProxyHost host, OllamaSimulator ollama, StoreHome home, IEnumerable<(string Name, string Value)> settings)
    {
        _host = host;
        Home = home;
        Ollama = ollama;
        _settings = new()
        {
            ["urls"] = "http://127.0.0.1:0",
            ["OLLAMA_URL"] = $"{ollama.BaseAddress}api/generate",
            ["OLLAMA_RETRY_BASE_SECONDS"] = "0.01",
            ["OLLAMA_PROXY_QUIET"] = "1",
            ["Logging:LogLevel:Default"] = "None",
            ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "None",
        };
        foreach (var (name, value) in settings)
            _settings[name] = value;
        _instance = host(_settings);
    }

    /// <summary>Whether tests that do not say otherwise keep their prompts in PostgreSQL: set the variable to <c>postgres</c>.</summary>
    public static bool IsOnPostgres { get; } = Environment.GetEnvironmentVariable("OLLAMA_PROXY_TEST_STORE") == "postgres";

    public OllamaSimulator Ollama { get; }

    public HttpClient Client { get; private set; } = null!;

    public IServiceProvider Services => _instance.Services;

    /// <summary>Where it keeps its prompts.</summary>
    public StoreHome Home { get; }

    /// <summary>The SQLite file.</summary>
    public string DatabasePath => _settings["OLLAMA_PROXY_DB"];

    /// <summary>The setting by which another process shares this one's store.</summary>
    public (string Name, string Value) SharedStore { get; private init; }

    /// <summary>Does something with the store as another process would, also while this one does not run.</summary>
    public async Task<T> WithStoreAsync<T>(Func<IPromptStore, Task<T>> use)
    {
        var store = await Home.OpenAsync(TimeProvider.System);
        var result = await use(store);
        await Home.CloseAsync(store);
        return result;
    }

    public static Task<RunningProxy> StartAsync(ProxyHost host, SimulatorOptions? simulator = null,
        params (string Name, string Value)[] settings) => StartAsync(StoreHome.Chosen(), host, simulator, settings);

    /// <param name="home">Where it keeps its prompts. It goes with the proxy.</param>
    /// <param name="host">What it runs on.</param>
    /// <param name="simulator">How Ollama is.</param>
    /// <param name="settings">Settings by the names of their environment variables.</param>
    public static async Task<RunningProxy> StartAsync(StoreHome home, ProxyHost host, SimulatorOptions? simulator = null,
        params (string Name, string Value)[] settings)
    {
        var store = await home.SettingsAsync();
        var proxy = new RunningProxy(host, await OllamaSimulator.StartAsync(simulator), home, [.. store, .. settings])
        {
            SharedStore = store[^1],
        };
        await proxy.StartAsync();
        return proxy;
    }

    public async Task StopAsync()
    {
        await StopInstanceAsync();
        await _instance.DisposeAsync();
        Client.Dispose();
    }

    /// <summary>Ends the program as Ctrl+C does, and leaves the client alone, which may have something to read.</summary>
    public Task StopInstanceAsync() => _instance.StopAsync();

    public async Task RestartAsync(params (string Name, string Value)[] settings)
    {
        await StopAsync();
        foreach (var (name, value) in settings)
            _settings[name] = value;
        _instance = _host(_settings);
        await StartAsync();
    }

    /// <summary>Submits a body that must be accepted, and returns the id.</summary>
    public async Task<string> SubmitAsync(object body)
    {
        using var response = await Client.PostAsJsonAsync("/api/v1/prompt", body);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        return answer.GetProperty("id").GetString()!;
    }

    /// <summary>Has the next prompt meet this fault, and none that another test has left in the queue.</summary>
    public async Task FaultNextAsync(Fault fault)
    {
        await IdleAsync();
        Ollama.Faults.Enqueue(fault);
    }

    /// <summary>Waits until no prompt is left that could still be sent to Ollama.</summary>
    public Task IdleAsync() => Eventually.NotNull(async () =>
        await TotalAsync("queued") + await TotalAsync("processing") == 0 ? "idle" : null, "the queue to be empty");

    /// <summary>Submits a prompt that keeps the only slot, and returns its id once Ollama has it. Nothing else may be queued.</summary>
    public async Task<string> SubmitHangingAsync(object body)
    {
        await FaultNextAsync(Fault.Hang);
        var id = await SubmitAsync(body);
        await TakenAsync();
        return id;
    }

    /// <summary>Waits until Ollama has met all faults, so that none is left for later requests.</summary>
    public Task TakenAsync() => Eventually.True(() => Ollama.Faults.Count == 0);

    public Task<JsonElement> GetAsync(string path) => Client.GetFromJsonAsync<JsonElement>(path);

    public Task<JsonElement> StatusAsync(string id) => GetAsync($"/api/v1/prompt/{id}/status");

    /// <summary>Waits until the status has a property with a value, and returns it whole.</summary>
    public async Task<JsonElement> StatusWhenAsync(string id, Func<JsonElement, bool> condition) =>
        (JsonElement)await Eventually.NotNull<object>(
        async () => await StatusAsync(id) is var status && condition(status) ? status : null, $"{id} as hoped for");

    /// <summary>Waits until the prompt has ended, and returns its result.</summary>
    public async Task<JsonElement> ResultAsync(string id)
    {
        await StatusWhenAsync(id, status => status.GetProperty("status").GetString() is "completed" or "failed" or "cancelled");
        return await GetAsync($"/api/v1/prompt/{id}/result");
    }

    public async ValueTask DisposeAsync()
    {
        // A test that failed may have left generations hanging: nobody waits for them.
        await Ollama.DisposeAsync();
        await StopAsync();
        await Home.DisposeAsync();
    }

    private async Task<long> TotalAsync(string status) =>
        (await GetAsync($"/api/v1/prompts?status={status}")).GetProperty("total").GetInt64();

    private async Task StartAsync() => Client = LeavingClient.Of(await _instance.StartAsync());
}
