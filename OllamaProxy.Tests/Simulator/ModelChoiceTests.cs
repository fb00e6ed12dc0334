using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
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
        var loads = 0;
        foreach (var (options, isLoad) in new[]
        {
            ("{}", true), ("""{"temperature":1}""", false), ("""{"num_ctx":8192}""", true), ("""{"num_ctx":8192,"seed":1}""", false),
            // To ask for the default is to ask for nothing.
            ("""{"num_ctx":4096}""", true), ("{}", false),
            ("""{"num_batch":64}""", true), ("""{"main_gpu":0}""", true), ("""{"use_mmap":true}""", true), ("""{"num_thread":2}""", true),
            // Who leaves the layers to Ollama takes any number of them.
            ("""{"num_gpu":5}""", true), ("{}", false), ("""{"num_gpu":-1}""", false), ("""{"num_gpu":5}""", false),
            ("""{"num_gpu":6}""", true),
        })
        {
            using var answer = await client.PostAsync("/api/generate",
                new StringContent($$"""{"model":"a","prompt":"hi","options":{{options}}}"""));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            loads += isLoad ? 1 : 0;
            Assert.Equal((options, loads), (options, ollama.Loads.Count));
        }
    }

    [Theory]
    [InlineData("/api/embed", "input")]
    [InlineData("/api/embeddings", "prompt")]
    public async Task An_embedding_with_other_options_has_the_model_loaded_anew(string path, string field)
    {
        await using var ollama = await OllamaSimulator.StartAsync(new() { Models = ["a"] });
        using var client = new HttpClient { BaseAddress = ollama.BaseAddress };
        foreach (var options in new[] { "{}", """{"num_ctx":8192}""", """{"num_ctx":8192}""" })
            using (var answer = await client.PostAsync(path,
                new StringContent($$"""{"model":"a","{{field}}":"hi","options":{{options}}}""")))
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(2, ollama.Loads.Count);
    }

    [Theory]
    [InlineData(99, "{}", 99)]
    // What is kept, and half of the rest.
    [InlineData(100, "{}", 52)]
    [InlineData(5_000, "{}", 52)]
    [InlineData(5_000, """{"num_keep":20}""", 60)]
    [InlineData(5_000, """{"num_keep":-1}""", 99)]
    [InlineData(5_000, """{"num_ctx":8192}""", 5_000)]
    [InlineData(9_000, """{"num_ctx":8192}""", 4_098)]
    public async Task A_prompt_that_is_too_long_for_the_context_is_cut(int words, string options, int tokens)
    {
        await using var ollama = await OllamaSimulator.StartAsync(new() { Models = ["a"], ContextLength = 100 });
        using var client = new HttpClient { BaseAddress = ollama.BaseAddress };
        var prompt = string.Join(' ', Enumerable.Repeat("word", words));
        using var answer = await client.PostAsync("/api/generate",
            new StringContent($$"""{"model":"a","prompt":"{{prompt}}","stream":false,"options":{{options}}}"""));
        Assert.Equal(tokens, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("prompt_eval_count").GetInt32());
        var loaded = (await client.GetFromJsonAsync<JsonElement>("/api/ps")).GetProperty("models")[0];
        Assert.Equal(options.Contains("8192", StringComparison.Ordinal) ? 8192 : 100, loaded.GetProperty("context_length").GetInt32());
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
