using System.Net;
using OllamaProxy.Simulator;

namespace OllamaProxy.Tests.Simulator;

/// <summary>What a real Ollama does with models, beyond what its lists say.</summary>
public sealed class ModelChoiceTests
{
    [Fact]
    public async Task A_model_that_is_not_listed_runs()
    {
        await using var ollama = await OllamaSimulator.StartAsync(new() { Models = ["a"], UnlistedModels = ["gpt-oss:120b-cloud"] });
        using var client = new HttpClient { BaseAddress = ollama.BaseAddress };
        Assert.DoesNotContain("cloud", await client.GetStringAsync("/api/tags"), StringComparison.Ordinal);
        Assert.DoesNotContain("cloud", await client.GetStringAsync("/v1/models"), StringComparison.Ordinal);
        using var answer = await client.PostAsync("/api/generate", new StringContent("""{"model":"gpt-oss:120b-cloud","prompt":"hi"}"""));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Other_options_have_a_model_loaded_anew_and_the_same_ones_do_not()
    {
        await using var ollama = await OllamaSimulator.StartAsync(new() { Models = ["a"] });
        using var client = new HttpClient { BaseAddress = ollama.BaseAddress };
        foreach (var options in new[] { "{}", """{"temperature":1}""", """{"num_ctx":8192}""", """{"num_ctx":8192,"seed":1}""",
            """{"num_ctx":4096}""", "{}" })
            using (var answer = await client.PostAsync("/api/generate",
                new StringContent($$"""{"model":"a","prompt":"hi","options":{{options}}}""")))
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(4, ollama.Loads.Count);
    }

    /// <summary>As transcripts 50 to 52 have it.</summary>
    [Fact]
    public async Task Only_who_would_wait_for_a_load_is_told_that_the_server_is_busy()
    {
        var time = new SteppedTime();
        await using var ollama = await OllamaSimulator.StartAsync(
            new() { Models = ["a", "b"], LoadTime = TimeSpan.FromSeconds(10), MaxQueue = 1, Time = time });
        using var client = new HttpClient { BaseAddress = ollama.BaseAddress };
        var first = AskAsync("a");
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await time.NextTimerAsync(patience.Token);
        using var refused = await AskAsync("b");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("""{"error":"server busy, please try again.  maximum pending requests exceeded"}""",
            await refused.Content.ReadAsStringAsync());
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);

        Assert.All(await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => AskAsync("a"))), answer =>
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode));

        Task<HttpResponseMessage> AskAsync(string model) =>
            client.PostAsync("/api/generate", new StringContent($$"""{"model":"{{model}}","prompt":"hi"}"""));
    }
}
