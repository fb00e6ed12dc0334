using System.Text;
using OllamaProxy.Simulator.Faults;

namespace OllamaProxy.Tests.Simulator;

public sealed class AvailabilityTests : SimulatorTest
{
    [Fact]
    public async Task Refusing_cuts_what_runs_and_refuses_connections_until_it_accepts_again_on_the_same_port()
    {
        var address = Ollama.BaseAddress;
        Ollama.Faults.Enqueue(Fault.Stall(afterTokens: 1));
        Ollama.Faults.Enqueue(Fault.Status(418, "short and stout"), times: 2);
        using var running = await GenerateAsync();
        using var lines = await LinesAsync(running);
        Assert.NotNull(await lines.ReadLineAsync(Patience));

        for (var round = 1; round <= 2; round++)
        {
            await Ollama.RefuseAsync(Patience);
            await Ollama.RefuseAsync(Patience);
            var refused = await Assert.ThrowsAsync<HttpRequestException>(() => GenerateAsync());
            Assert.Equal(HttpRequestError.ConnectionError, refused.HttpRequestError);

            await Ollama.AcceptAsync(Patience);
            await Ollama.AcceptAsync(Patience);
            using var answered = await GenerateAsync();
            Assert.Equal((418, address, round + 1), ((int)answered.StatusCode, Ollama.BaseAddress, Ollama.Requests.Count));
            Assert.Contains("tiny:latest", await Client.GetStringAsync("/api/ps", Patience), StringComparison.Ordinal);
        }

        await Assert.ThrowsAnyAsync<IOException>(async () => await lines.ReadLineAsync(Patience));
        var cut = Ollama.Requests.All[0];
        await cut.Ended.WaitAsync(Patience);
        Assert.False(cut.ClosedByClient);
    }

    [Fact]
    public async Task The_log_knows_how_many_ran_at_once_and_who_left()
    {
        using var leave = new CancellationTokenSource();
        Ollama.Faults.Enqueue(Fault.Hang, times: 3);
        var leaving = new[] { GenerateAsync(ct: leave.Token), GenerateAsync(ct: leave.Token) };
        await Ollama.Requests.WaitForAsync(2, Patience);
        var staying = GenerateAsync();
        await Ollama.Requests.WaitForAsync(3, Patience);
        Assert.Equal((3, 3), (Ollama.Requests.Running, Ollama.Requests.MaxRunning));

        await leave.CancelAsync();
        await Task.WhenAll(Ollama.Requests.All.Take(2).Select(request => request.Ended)).WaitAsync(Patience);
        Assert.Equal([true, true, false], Ollama.Requests.All.Select(request => request.ClosedByClient));
        (await GenerateAsync(stream: false)).Dispose();
        Assert.Equal((1, 3, 4), (Ollama.Requests.Running, Ollama.Requests.MaxRunning, Ollama.Requests.Count));

        await Ollama.RefuseAsync(Patience);
        foreach (var left in leaving) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        await Assert.ThrowsAsync<HttpRequestException>(() => staying);
        await Ollama.Requests.All[2].Ended.WaitAsync(Patience);
        Assert.Equal((0, false), (Ollama.Requests.Running, Ollama.Requests.All[2].ClosedByClient));
    }

    [Fact]
    public async Task The_log_has_each_request_as_it_was_sent()
    {
        const string Body = """{ "model": "nosuch", "prompt": "h\u00e9" }""";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/chat")
        {
            Content = new StringContent(Body, Encoding.UTF8, "application/json"),
            Headers = { { "Origin", "http://localhost:8000" }, { "X-Mine", "ours" } },
        };
        (await Client.SendAsync(request, Patience)).Dispose();
        (await Client.GetAsync("/api/tags", Patience)).Dispose();

        var logged = Assert.Single(Ollama.Requests.All);
        Assert.Equal((Body, "/api/chat"), (Encoding.UTF8.GetString(logged.Body.Span), logged.Path));
        Assert.Equal(("application/json; charset=utf-8", "http://localhost:8000"), (logged.ContentType, logged.Origin));
        Assert.Equal((Ollama.BaseAddress.Authority, "ours"), (logged.Host, logged.Headers["x-mine"]));
    }
}
