using System.Text.Json;
using OllamaProxy.Simulator.Faults;

namespace OllamaProxy.Tests.Simulator;

/// <summary>Models that take time to load, and of which only two fit.</summary>
public sealed class LoadTests : SimulatorTest
{
    private static readonly TimeSpan LoadTime = TimeSpan.FromSeconds(10);

    private readonly SteppedTime _time;

    public LoadTests() : this(new SteppedTime())
    {
    }

    private LoadTests(SteppedTime time) : base(new() { Models = ["a", "b", "c"], LoadTime = LoadTime, MaxLoadedModels = 2, Time = time }) =>
        _time = time;

    [Fact]
    public async Task Only_a_model_that_is_not_loaded_waits_in_silence_and_its_load_duration_says_so()
    {
        var first = AskAsync("a");
        await _time.NextTimerAsync(Patience);
        Assert.Equal((false, ""), (first.IsCompleted, await LoadedAsync()));
        _time.Advance(LoadTime);
        var answer = JsonElement.Parse(await first);
        Assert.Equal(LoadTime.TotalNanoseconds, answer.GetProperty("load_duration").GetDouble());

        await AskAsync("a:LATEST");
        Assert.Equal("a:latest", await LoadedAsync());
        Assert.Equal(["a:latest"], Ollama.Loads);
    }

    [Theory]
    [InlineData("/api/chat", """ "messages":[{"role":"user","content":"hi"}] """)]
    [InlineData("/api/generate", "\"stream\":true")]
    [InlineData("/api/embed", "\"input\":\"hi\"")]
    [InlineData("/api/embeddings", "\"prompt\":\"hi\"")]
    [InlineData("/v1/chat/completions", """ "messages":[{"role":"user","content":"hi"}] """)]
    [InlineData("/v1/completions", "\"prompt\":\"hi\"")]
    [InlineData("/v1/embeddings", "\"input\":\"hi\"")]
    [InlineData("/v1/responses", "\"input\":\"hi\"")]
    [InlineData("/v1/messages", """ "max_tokens":9,"messages":[{"role":"user","content":"hi"}] """)]
    public async Task Whatever_runs_a_model_loads_it(string path, string fields)
    {
        var answer = AskAsync("a", path, fields);
        await LoadAsync();
        await answer;
        Assert.Equal(["a:latest"], Ollama.Loads);
    }

    [Fact]
    public async Task Two_requests_for_a_model_wait_for_one_load()
    {
        var both = new[] { AskAsync("a"), AskAsync("a") };
        await Ollama.Requests.WaitForAsync(2, Patience);
        await LoadAsync();
        await Task.WhenAll(both);
        Assert.Equal(["a:latest"], Ollama.Loads);
    }

    [Fact]
    public async Task One_model_is_loaded_at_a_time_and_the_one_that_was_used_least_recently_makes_room()
    {
        var (a, b) = (AskAsync("a"), AskAsync("b"));
        await LoadAsync();
        await LoadAsync();
        await Task.WhenAll(a, b);
        await AskAsync(Ollama.Loads[0]);

        var c = AskAsync("c");
        await LoadAsync();
        await c;

        Assert.Equal(3, Ollama.Loads.Count);
        Assert.Equal(string.Join(' ', Ollama.Loads[0], "c:latest"), await LoadedAsync());
    }

    [Fact]
    public async Task A_model_makes_room_only_once_nothing_runs_on_it()
    {
        Ollama.Faults.Enqueue(Fault.Stall(0), times: 2);
        var (first, second) = (SendAsync("a"), SendAsync("b"));
        await LoadAsync();
        await LoadAsync();
        using var leaving = await first;
        using var staying = await second;

        var c = AskAsync("c");
        await Ollama.Requests.WaitForAsync(3, Patience);
        Assert.Equal(("a:latest b:latest", 2), (await LoadedAsync(), Ollama.Loads.Count));

        leaving.Dispose();
        await LoadAsync();
        await c;
        Assert.Equal("b:latest c:latest", await LoadedAsync());
    }

    [Fact]
    public async Task A_model_goes_when_its_time_is_over_or_when_it_is_told_to()
    {
        foreach (var keepAlive in new[] { "\"1m\"", "0", "-1" })
        {
            var answer = AskAsync("a", fields: $"\"keep_alive\":{keepAlive}");
            await LoadAsync();
            await answer;
            Assert.Equal(keepAlive == "0" ? "" : "a:latest", await LoadedAsync());
            _time.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(keepAlive == "-1" ? "a:latest" : "", await LoadedAsync());
        }

        (await PostAsync("/api/chat", """{"model":"a","keep_alive":0}""")).Dispose();
        Assert.Equal("", await LoadedAsync());
    }

    [Fact]
    public async Task A_client_that_leaves_during_a_load_leaves_no_model_behind_and_the_next_load_begins()
    {
        using var leave = new CancellationTokenSource();
        var leaving = SendAsync("a", leave.Token);
        await _time.NextTimerAsync(Patience);
        var next = AskAsync("b");
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        await LoadAsync();
        await next;
        Assert.Equal("b:latest", await LoadedAsync());
        Assert.Equal(["a:latest", "b:latest"], Ollama.Loads);
    }

    private async Task LoadAsync()
    {
        await _time.NextTimerAsync(Patience);
        _time.Advance(LoadTime);
    }

    private async Task<string> AskAsync(string model, string path = "/api/generate", string fields = "\"stream\":false")
    {
        using var response = await PostAsync(path, $$"""{"model":"{{model}}","prompt":"hi",{{fields}}}""");
        return (await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(Patience)).TrimEnd();
    }

    private Task<HttpResponseMessage> SendAsync(string model, CancellationToken ct = default) =>
        PostAsync("/api/generate", $$"""{"model":"{{model}}","prompt":"hi"}""", ct);

    private async Task<string> LoadedAsync()
    {
        var models = JsonElement.Parse(await Client.GetStringAsync("/api/ps", Patience)).GetProperty("models");
        return string.Join(' ', models.EnumerateArray().Select(model => model.GetProperty("name").GetString()).Order());
    }
}
