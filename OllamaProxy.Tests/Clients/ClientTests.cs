using System.Text.Json.Nodes;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Clients;

/// <summary>Real clients see the same through the queue as when they ask Ollama directly.</summary>
public sealed class ClientTests
{
    public static TheoryData<string, string> FromNpm => new()
    {
        { "ollama", nameof(ProxyHosts.Server) },
        { "ollama", nameof(ProxyHosts.Functions) },
        { "openai", nameof(ProxyHosts.Server) },
        { "openai", nameof(ProxyHosts.Functions) },
        { "langchain", nameof(ProxyHosts.Server) },
        { "langchain", nameof(ProxyHosts.Functions) },
        { "anthropic", nameof(ProxyHosts.Server) },
        { "anthropic", nameof(ProxyHosts.Functions) },
    };

    [ClientTheory]
    [MemberData(nameof(FromNpm))]
    public async Task A_client_from_npm_sees_no_difference(string client, string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var direct = await NodeClient.RecordAsync(client, proxy.Ollama.BaseAddress);
        var through = await NodeClient.RecordAsync(client, proxy.Client.BaseAddress!);
        direct.AssertSame(through);
        Assert.True(direct.Steps.Count >= 8);
    }

    public static TheoryData<string> SlowlyAnswered => LongRuns.Cases(["openai"], ["ollama", "langchain", "anthropic"]);

    /// <summary>What every one of them has to pass over: white space before JSON and lines, and comments before events.</summary>
    [ClientTheory]
    [MemberData(nameof(SlowlyAnswered))]
    public async Task A_client_from_npm_sees_nothing_of_the_signs_of_life_before_its_answer(string client)
    {
        await using var proxy = await SlowAsync();
        var (direct, through) = (await NodeClient.RecordAsync(client, proxy.Ollama.BaseAddress),
            await NodeClient.RecordAsync(client, proxy.Client.BaseAddress!));
        AssertSameAnswers(direct, through);
    }

    [Fact]
    public async Task OllamaSharp_sees_nothing_of_the_signs_of_life_before_its_answer()
    {
        await using var proxy = await SlowAsync();
        AssertSameAnswers(await OllamaSharpClient.RecordAsync(proxy.Ollama.BaseAddress, proxy.Ollama),
            await OllamaSharpClient.RecordAsync(proxy.Client.BaseAddress!, proxy.Ollama));
    }

    /// <summary>Ollama has no such route: what it counts of a message itself is what is told here.</summary>
    [ClientTheory]
    [InlineData(nameof(ProxyHosts.Server))]
    [InlineData(nameof(ProxyHosts.Functions))]
    public async Task The_client_of_Anthropic_counts_as_many_tokens_as_a_message_has(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var steps = (await NodeClient.RecordAsync("anthropic-tokens", proxy.Client.BaseAddress!)).Steps
            .ToDictionary(step => (string)step["step"]!);
        Assert.Equal($"{steps["message"]["value"]!["usage"]!["input_tokens"]}", $"{steps["count"]["value"]!["input_tokens"]}");
        Assert.Equal($"{steps["count"]["value"]}", $"{steps["count again"]["value"]}");
        Assert.Equal(("NotFoundError", 404),
            ((string)steps["unknown model"]["error"]!["name"]!, (int)steps["unknown model"]["error"]!["status"]!));
    }

    [ClientTheory]
    [InlineData(nameof(ProxyHosts.Server))]
    [InlineData(nameof(ProxyHosts.Functions))]
    public async Task The_client_of_OpenAI_works_with_responses_in_the_background(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var steps = (await NodeClient.RecordAsync("openai-background", proxy.Client.BaseAddress!)).Steps
            .ToDictionary(step => (string)step["step"]!);
        Assert.Equal(["delete", "unknown"], steps.Values.Where(step => step.ContainsKey("error")).Select(step => (string)step["step"]!));
        Assert.Equal(("queued", "completed"),
            ((string)steps["create"]["value"]!["status"]!, (string)steps["retrieve"]["value"]!["status"]!));
        var text = (string)steps["output text"]["value"]!;
        Assert.Contains("Why is the sky blue?", text, StringComparison.Ordinal);
        Assert.Equal("Why is the sky blue?", (string)steps["input items"]["value"]![0]!["content"]![0]!["text"]!);
        var events = steps["stream"]["value"]!.AsArray();
        Assert.Equal($"{new JsonArray([.. events.Skip(5).Select(data => data!.DeepClone())])}", $"{steps["resume"]["value"]}");
        Assert.Equal(text, (string)steps["helper"]["value"]!);
        Assert.Equal((string)steps["create"]["value"]!["id"]!, (string)steps["go on"]["value"]!);
        Assert.All(steps["cancel"]["value"]!.AsArray(), status => Assert.Equal("cancelled", (string)status!));
        Assert.Equal((404, 404), ((int)steps["delete"]["error"]!["status"]!, (int)steps["unknown"]["error"]!["status"]!));
    }

    [CurlTheory]
    [InlineData(nameof(ProxyHosts.Server))]
    [InlineData(nameof(ProxyHosts.Functions))]
    public async Task Curl_sees_no_difference(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var direct = await CurlClient.RecordAsync(proxy.Ollama.BaseAddress, proxy.Ollama);
        var through = await CurlClient.RecordAsync(proxy.Client.BaseAddress!, proxy.Ollama);
        direct.AssertSame(through);
    }

    [Theory]
    [InlineData(nameof(ProxyHosts.Server))]
    [InlineData(nameof(ProxyHosts.Functions))]
    public async Task OllamaSharp_sees_no_difference(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var direct = await OllamaSharpClient.RecordAsync(proxy.Ollama.BaseAddress, proxy.Ollama);
        var through = await OllamaSharpClient.RecordAsync(proxy.Client.BaseAddress!, proxy.Ollama);
        direct.AssertSame(through);
        Assert.All(direct.Steps, step =>
            Assert.Equal(step.ContainsKey("error"), ((string)step["step"]!).StartsWith("unknown model", StringComparison.Ordinal)));
    }

    /// <summary>Each answer comes after several heartbeats.</summary>
    private static Task<RunningProxy> SlowAsync() =>
        RunningProxy.StartAsync(ProxyHosts.Server, new() { Latency = TimeSpan.FromMilliseconds(300) },
            ("OLLAMA_PROXY_KEEPALIVE_SECONDS", "0.03"));

    /// <summary>But for errors, whose status is 200 where a heartbeat came first.</summary>
    private static void AssertSameAnswers(Recording direct, Recording through)
    {
        Assert.Equal(direct.Steps.Select(step => (string)step["step"]!), through.Steps.Select(step => (string)step["step"]!));
        var good = direct.Steps.Zip(through.Steps).Where(pair => !pair.First.ContainsKey("error")).ToList();
        Assert.True(good.Count >= 6);
        new Recording([.. good.Select(pair => pair.First)]).AssertSame(new Recording([.. good.Select(pair => pair.Second)]));
    }
}
