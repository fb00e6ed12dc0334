using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OllamaProxy.Prompts;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;
using OllamaProxy.Tests.Support.Timing;

namespace OllamaProxy.Tests.Server;

/// <summary>The server process, told to end while connections are open that do nothing to help it.</summary>
public sealed class ShutdownProcessTests : IAsyncLifetime
{
    private const string AnyPort = "--urls http://127.0.0.1:0";
    private const string Head = "Host: localhost\r\nContent-Type: application/json\r\n";

    /// <summary>For so long connections may hold up the end of the process.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(6);

    /// <summary>For a machine that is busy with other tests.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    private readonly StoreHome _home = StoreHome.Chosen();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _home.DisposeAsync();

    /// <summary>What somebody sends and then stays, without another word and without reading.</summary>
    public static TheoryData<string, string> Beginnings => new()
    {
        { "nothing at all", "" },
        { "one byte", "G" },
        { "half a request line", "GET /heal" },
        { "half a head", "GET /healthz HTTP/1.1\r\nHost: local" },
        { "a head without its last line", $"POST /api/v1/prompt HTTP/1.1\r\n{Head}" },
        { "a body of which one byte came", $"POST /api/v1/prompt HTTP/1.1\r\n{Head}Content-Length: 100\r\n\r\n{{" },
        { "a body of which none came", $"POST /api/chat HTTP/1.1\r\n{Head}Content-Length: 100\r\n\r\n" },
        { "a body in chunks that does not end",
            $"POST /v1/chat/completions HTTP/1.1\r\n{Head}Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"a\":\r\n" },
        { "a body in chunks that ends amid one",
            $"PUT /api/v1/prompt/019b76da-a800-7000-8000-000000000001 HTTP/1.1\r\n{Head}Transfer-Encoding: chunked\r\n\r\nff\r\n{{" },
        { "a request that was answered, and half of the next", $"GET /healthz HTTP/1.1\r\n{Head}\r\nGET /he" },
        { "a request that was answered, and nothing more", $"GET /healthz HTTP/1.1\r\n{Head}\r\n" },
        { "the greeting of TLS", "\u0016\u0003\u0001" },
        { "a stream of events that nobody reads", $"GET /api/v1/events HTTP/1.1\r\n{Head}\r\n" },
        { "a wait", $"POST /api/v1/prompt HTTP/1.1\r\n{Head}Prefer: wait=200\r\nContent-Length: 18\r\n\r\n{{\"prompt\":\"waits\"}}" },
    };

    [Theory]
    [MemberData(nameof(Beginnings))]
    public async Task Whatever_connections_do_prompts_are_handed_back_at_once_and_the_process_ends_in_time(string what, string beginning)
    {
        _ = what;
        await using var ollama = await OllamaSimulator.StartAsync();
        ollama.Faults.Enqueue(Fault.Hang);
        using var server = await ServerProcess.StartAsync(_home, AnyPort, ("OLLAMA_URL", ollama.BaseAddress.ToString()),
            ("OLLAMA_PROXY_SHUTDOWN_SECONDS", $"{Grace.TotalSeconds}"));
        using var client = await server.ClientAsync();
        var id = await SubmitAsync(client);
        await ollama.Requests.WaitForAsync(1);
        var others = Enumerable.Range(0, 3).Select(_ => new TcpClient(client.BaseAddress!.Host, client.BaseAddress.Port)).ToList();
        foreach (var other in others)
            await other.Client.SendAsync(Encoding.Latin1.GetBytes(beginning));
        // A request from beginning to end: what the others have sent has arrived.
        await client.GetStringAsync("/api/v1/stats");
        var store = await _home.OpenAsync(TimeProvider.System);

        var told = Stopwatch.GetTimestamp();
        await server.TerminateAsync();
        await Eventually.NotNull(async () =>
            (await store.ListAsync(new(1, 10) { Status = PromptStatus.Queued }, default)).Prompts.Any(summary => summary.Prompt.Id == id)
            ? "" : null);
        var handedBack = Stopwatch.GetElapsedTime(told);

        Assert.Equal(0, await server.ExitCodeAsync());
        // Long before the connections are cut: the prompt does not wait for them.
        Assert.InRange(handedBack, TimeSpan.Zero, Grace / 2);
        Assert.InRange(Stopwatch.GetElapsedTime(told), TimeSpan.Zero, Grace + Slack);
        Assert.Equal(0, (await store.FindAsync(id, default))!.Attempts);
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", server.Output, StringComparison.Ordinal);
        foreach (var other in others)
            other.Dispose();
    }

    [Theory]
    [InlineData("2")]
    [InlineData("4")]
    public async Task A_call_that_never_ends_is_cut_in_time_and_not_run_again(string seconds)
    {
        var store = await _home.OpenAsync(TimeProvider.System);
        await using var ollama = await OllamaSimulator.StartAsync();
        // The client is told within half a second, or one, which a busy machine may need for itself: one round shows that it can be.
        await Soonest.IsWithinAsync(TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)) + Slack, async () =>
        {
            ollama.Faults.Enqueue(Fault.Stall(2));
            using var server = await ServerProcess.StartAsync(_home, AnyPort, ("OLLAMA_URL", ollama.BaseAddress.ToString()),
                ("OLLAMA_PROXY_SHUTDOWN_SECONDS", seconds));
            using var client = await server.ClientAsync();
            using var response = await client.SendAsync(CallTests.Post("/api/generate", """{"model":"tiny","prompt":"hi"}"""),
                HttpCompletionOption.ResponseHeadersRead);
            var reading = response.Content.ReadAsStringAsync();

            var told = Stopwatch.GetTimestamp();
            await server.TerminateAsync();

            Assert.Equal(0, await server.ExitCodeAsync());
            var took = Stopwatch.GetElapsedTime(told);
            var prompt = await store.FindAsync(Guid.Parse(CallTests.IdOf(response)), default);
            return await IsToldAsync(reading) && prompt!.Status == PromptStatus.Cancelled ? took : TimeSpan.MaxValue;
        });
    }

    [Fact]
    public async Task A_client_that_does_not_read_its_answer_holds_up_nothing()
    {
        using var ollama = new EndlessOllama("{\"response\":\"");
        using var server = await ServerProcess.StartAsync(
            _home, AnyPort, ("OLLAMA_URL", ollama.Url), ("OLLAMA_PROXY_SHUTDOWN_SECONDS", "2"));
        using var client = await server.ClientAsync();
        using var other = new TcpClient(client.BaseAddress!.Host, client.BaseAddress.Port);
        const string Body = """{"model":"tiny","prompt":"hi"}""";
        await other.Client.SendAsync(
            Encoding.ASCII.GetBytes($"POST /api/generate HTTP/1.1\r\n{Head}Content-Length: {Body.Length}\r\n\r\n{Body}"));
        await Eventually.True(() => ollama.Sent > 0);

        await server.TerminateAsync();

        Assert.Equal(0, await server.ExitCodeAsync());
        Assert.DoesNotContain("Exception", server.Output, StringComparison.Ordinal);
    }

    /// <summary>Whether an answer ends with the reason, and not with the connection.</summary>
    private static async Task<bool> IsToldAsync(Task<string> reading)
    {
        try
        {
            return (await reading).EndsWith("{\"error\":\"Ollama Proxy is shutting down.\"}\n", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<Guid> SubmitAsync(HttpClient client)
    {
        using var response = await client.PostAsJsonAsync("/api/v1/prompt", new { prompt = "interrupted" });
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }
}
