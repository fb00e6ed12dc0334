using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Tests.Api.Callers;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Stats;

/// <summary>Who used how much.</summary>
public sealed class UsageTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Usage_is_the_sum_of_what_Ollama_counted_and_outlives_the_prompts(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        var ids = new List<(HttpClient Owner, string Id)>();
        foreach (var (owner, prompt) in new[]
        {
            (shared.Alice, "a first one"), (shared.Alice, "and a second"), (shared.Bob, "one of bob's"),
        })
            ids.Add((owner, await owner.SubmitAsync(new { prompt })));
        ids.Add((shared.Bob, await shared.Bob.SubmitAsync(new { prompt = "no model", model = "nosuch" })));
        var (promptTokens, tokens) = (new Dictionary<HttpClient, long>(), new Dictionary<HttpClient, long>());
        foreach (var (owner, id) in ids)
        {
            var result = await owner.ResultAsync(id);
            promptTokens[owner] = promptTokens.GetValueOrDefault(owner) + NumberOf(result, "prompt_eval_count");
            tokens[owner] = tokens.GetValueOrDefault(owner) + NumberOf(result, "eval_count");
        }
        Assert.True(tokens[shared.Alice] > 0 && promptTokens[shared.Alice] > 0);
        foreach (var (owner, id) in ids)
            Assert.Equal(204, await owner.StatusOfAsync(HttpMethod.Delete, $"/api/v1/prompt/{id}"));

        var byOwner = await shared.Admin.JsonAsync("/api/v1/usage?by=owner");
        Assert.Equal(
            [
                ("alice", 2, 0, promptTokens[shared.Alice], tokens[shared.Alice]),
                ("bob", 2, 1, promptTokens[shared.Bob], tokens[shared.Bob]),
            ],
            byOwner.GetProperty("usage").EnumerateArray().Select(sum => (sum.GetProperty("owner").GetString(), NumberOf(sum, "prompts"),
                NumberOf(sum, "failed"), NumberOf(sum, "prompt_tokens"), NumberOf(sum, "tokens"))));
        Assert.Equal((4, tokens.Values.Sum()),
            (NumberOf(byOwner.GetProperty("total"), "prompts"), NumberOf(byOwner.GetProperty("total"), "tokens")));

        var ofAlice = await shared.Alice.JsonAsync("/api/v1/usage?by=model");
        Assert.Equal([("llama3.2:latest", 2L)], ofAlice.GetProperty("usage").EnumerateArray()
            .Select(sum => (sum.GetProperty("model").GetString(), NumberOf(sum, "prompts"))));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Usage_of_calls_is_counted_as_well_and_told_by_day(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        using var call = await proxy.Client.PostAsJsonAsync("/api/generate", new { model = "llama3.2", prompt = "hi", stream = false });
        var answer = await call.Content.ReadFromJsonAsync<JsonElement>();

        var usage = await Eventually.NotNull<object>(async () => await proxy.GetAsync("/api/v1/usage") is var read
            && NumberOf(read.GetProperty("total"), "prompts") == 1 ? read : null, "the usage of the call");
        var day = Assert.Single(((JsonElement)usage).GetProperty("usage").EnumerateArray());
        Assert.Equal((NumberOf(answer, "prompt_eval_count"), NumberOf(answer, "eval_count")),
            (NumberOf(day, "prompt_tokens"), NumberOf(day, "tokens")));
        Assert.InRange(DateOnly.ParseExact(day.GetProperty("day").GetString()!, "yyyy-MM-dd").DayNumber,
            DateOnly.FromDateTime(DateTime.UtcNow).DayNumber - 1, DateOnly.FromDateTime(DateTime.UtcNow).DayNumber);
        Assert.Empty((await proxy.GetAsync("/api/v1/usage?from=2020-01-01&to=2020-12-31")).GetProperty("usage").EnumerateArray());
    }

    [Theory]
    [InlineData("by=week", "'by' must be day, owner or model, but is 'week'.")]
    [InlineData("from=yesterday", "'from' must be a day such as 2026-02-21, but is 'yesterday'.")]
    [InlineData("from=2026-02-30", "'from' must be a day such as 2026-02-21, but is '2026-02-30'.")]
    [InlineData("to=0001-01-01", "'to' must be a day such as 2026-02-21, but is '0001-01-01'.")]
    [InlineData("from=2026-02-02&to=2026-02-01", "'from' is 2026-02-02, which is after 'to', 2026-02-01.")]
    public async Task What_is_asked_amiss_is_told(string query, string error)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        using var response = await proxy.Client.GetAsync($"/api/v1/usage?{query}");
        Assert.Equal(error, (await Problem.OfAsync(response, 400)).Detail);
    }

    private static long NumberOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out var number) ? number.GetInt64() : 0;
}
