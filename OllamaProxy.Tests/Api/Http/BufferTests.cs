using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Configuration;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Http;

/// <summary>The memory that the bodies of all requests take together.</summary>
public sealed class BufferTests
{
    private const int MiB = 1024 * 1024;
    private static readonly (string, string) Total = ("OLLAMA_PROXY_MAX_BUFFERED_BYTES", $"{8 * MiB}");
    private static readonly (string, string) OnlyServes = ("OLLAMA_PROXY_WORKER", "false");

    public static TheoryData<string, string, string> Routes
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var host in new[] { nameof(ProxyHosts.Server), nameof(ProxyHosts.Functions) })
            {
                data.Add(host, "/api/v1/prompt", "problem");
                data.Add(host, "/api/v1/prompts", "problem");
                data.Add(host, "/api/chat", "\"error\":\"");
                data.Add(host, "/v1/chat/completions", "api_error");
                data.Add(host, "/v1/messages", "overloaded_error");
            }
            return data;
        }
    }

    [InProcessTheory]
    [MemberData(nameof(Routes))]
    public async Task While_others_hold_all_there_is_a_large_body_is_503_with_Retry_After_and_a_small_one_is_taken(string host, string path,
        string shape)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, Total, OnlyServes);
        var budget = proxy.Services.GetRequiredService<BufferBudget>();
        using (var unfinished = await UploadAsync(proxy, 7 * MiB, 10 * MiB))
        {
            await Eventually.True(() => budget.Reserved >= 7 * MiB);

            using var refused = await proxy.Client.PostAsync(path, Body(3 * MiB));
            var answer = await refused.Content.ReadAsStringAsync();
            Assert.Equal(503, (int)refused.StatusCode);
            Assert.True(refused.Headers.RetryAfter?.Delta > TimeSpan.Zero);
            Assert.Contains(shape, answer + refused.Content.Headers.ContentType, StringComparison.Ordinal);
            Assert.Contains("OLLAMA_PROXY_MAX_BUFFERED_BYTES", answer, StringComparison.Ordinal);

            using var small = await proxy.Client.PostAsync("/api/v1/prompt", Body(1000));
            Assert.Equal(HttpStatusCode.Accepted, small.StatusCode);
        }
        // Its client is gone, and with it what it held.
        await Eventually.True(() => budget.Reserved == 0);
        using var taken = await proxy.Client.PostAsync("/api/v1/prompt", Body(3 * MiB));
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        Assert.Equal(0, budget.Reserved);
    }

    [Fact]
    public async Task A_large_body_that_stalls_is_408_and_gives_back_what_it_held()
    {
        var (time, options, sent) = (new FakeTimeProvider(), new OllamaProxyOptions(), new Pipe(new(pauseWriterThreshold: 0)));
        var budget = new BufferBudget(options);
        var context = new DefaultHttpContext { Request = { Body = sent.Reader.AsStream() } };
        await sent.Writer.WriteAsync(new byte[200_000]);
        var reading = new RequestBody(budget, options, time).ReadAsync(context);
        await Eventually.True(() => budget.Reserved > 0);

        time.Advance(TimeSpan.FromSeconds(9));
        await sent.Writer.WriteAsync(new byte[100_000]);
        while (!reading.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(408, (await Assert.ThrowsAsync<ProblemException>(() => reading)).Status);
        Assert.Equal(0, budget.Reserved);
    }

    [Fact]
    public async Task A_body_larger_than_the_total_is_taken_when_it_is_alone()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, Total, OnlyServes);
        using var taken = await proxy.Client.PostAsync("/api/v1/prompt", Body(12 * MiB));
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
    }

    [Fact]
    public async Task A_body_of_nothing_but_values_that_would_fill_the_memory_is_413()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, Total, OnlyServes);
        var values = $$$"""{"prompt":"p","options":{"stop":[{{{string.Concat(Enumerable.Repeat("1,", 500_000))}}}1]}}""";
        using var refused = await proxy.Client.PostAsync("/api/v1/prompt", new StringContent(values, Encoding.UTF8, "application/json"));
        Assert.Contains("too many JSON values", (await Problem.OfAsync(refused, 413)).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("é🦙 \"quoted\" \\ \n")]
    [InlineData("\u0001\u2028<script>")]
    public async Task A_large_prompt_goes_to_Ollama_and_comes_back_as_it_was_sent(string part)
    {
        await using var ollama = await RawOllama.StartAsync(async request =>
        {
            foreach (var piece in request.Prompt.Chunk(100_000))
                await request.SendAsync(RawOllama.Line(new(piece)));
            await request.SendAsync(RawOllama.Line("", done: true));
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url));
        var prompt = string.Concat(Enumerable.Repeat(part, 3 * MiB / part.Length));

        var id = await proxy.SubmitAsync(new { prompt, options = new { temperature = 0.5 } });

        Assert.True(prompt == (await proxy.ResultAsync(id)).GetProperty("result").GetString());
        var whole = await proxy.GetAsync($"/api/v1/prompt/{id}");
        Assert.True(prompt == whole.GetProperty("prompt").GetString());
        Assert.Equal("completed", whole.GetProperty("status").GetString());
        Assert.Equal("""{"temperature":0.5}""", whole.GetProperty("request").GetProperty("options").GetRawText());
    }

    [Fact]
    public async Task A_large_prompt_that_is_blank_is_400()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, OnlyServes);
        using var blank = await proxy.Client.PostAsync("/api/v1/prompt",
            new StringContent($$"""{"prompt":"{{new string(' ', 2 * MiB)}}"}""", Encoding.UTF8, "application/json"));
        Assert.Equal("'prompt' is blank.", (await Problem.OfAsync(blank, 400)).Error);
    }

    private static StringContent Body(int length) =>
        new($$"""{"model":"m","prompt":"{{new string('x', length)}}"}""", Encoding.UTF8, "application/json");

    /// <summary>Sends so much of a body that is to be longer.</summary>
    private static async Task<Socket> UploadAsync(RunningProxy proxy, int sent, int length)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, proxy.Client.BaseAddress!.Port));
        await socket.SendAsync(
            Encoding.ASCII.GetBytes($"POST /api/v1/prompt HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"));
        await socket.SendAsync(new byte[sent]);
        return socket;
    }
}
