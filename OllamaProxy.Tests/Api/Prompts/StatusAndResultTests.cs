using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Prompts;

public abstract class StatusAndResultTests(ProxyFixture fixture)
{
    private RunningProxy Proxy => fixture.Proxy;

    [Fact]
    public async Task A_prompt_goes_from_queued_over_processing_to_completed()
    {
        var first = await Proxy.SubmitHangingAsync(new { prompt = "hangs", timeout = 600 });
        var second = await Proxy.SubmitAsync(new { prompt = "waits" });
        var third = await Proxy.SubmitAsync(new { prompt = "waits longer" });

        var processing = await Proxy.StatusAsync(first);
        Assert.Equal((1, 5), (processing.GetProperty("attempts").GetInt32(), processing.GetProperty("max_attempts").GetInt32()));
        Assert.EndsWith("+00:00", processing.GetProperty("started_at").GetString(), StringComparison.Ordinal);
        Assert.False(processing.TryGetProperty("position", out _));
        // The second may be claimed ahead for a moment, before the slot sees that what runs there takes long.
        var queued = await Proxy.StatusWhenAsync(
            third, status => status.TryGetProperty("position", out var position) && position.GetInt32() == 2);
        Assert.Equal(("queued", 0), (queued.GetProperty("status").GetString(), queued.GetProperty("attempts").GetInt32()));
        Assert.False(queued.TryGetProperty("started_at", out _));
        Assert.False(queued.TryGetProperty("completed_at", out _));

        foreach (var id in new[] { first, second })
        {
            using var response = await Proxy.Client.GetAsync($"/api/v1/prompt/{id}/result");
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            // The longer it has run, the longer that is, and the prompts of a busy machine take their time: RetryAfterTests have the rest.
            Assert.InRange(response.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
            var pending = await response.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal(["id", "status"], pending.EnumerateObject().Select(field => field.Name));
        }

        await Proxy.Ollama.RefuseAsync();
        await Proxy.Ollama.AcceptAsync();
        await Proxy.ResultAsync(third);
        var completed = await Proxy.StatusAsync(third);
        Assert.Equal("completed", completed.GetProperty("status").GetString());
        Assert.EndsWith("+00:00", completed.GetProperty("completed_at").GetString(), StringComparison.Ordinal);
        Assert.False(completed.TryGetProperty("error", out _));
    }

    [Fact]
    public async Task A_result_has_the_statistics_that_Ollama_sent()
    {
        var id = await Proxy.SubmitAsync(new { prompt = "count", options = new { num_predict = 3 } });

        var result = await Proxy.ResultAsync(id);

        Assert.Equal(("length", 3, "llama3.2"),
            (result.GetProperty("done_reason").GetString(), result.GetProperty("eval_count").GetInt32(),
            result.GetProperty("model").GetString()));
        Assert.True(result.GetProperty("total_duration").GetInt64() > 0);
        Assert.True(result.GetProperty("load_duration").GetInt64() >= 0);
        Assert.True(result.GetProperty("prompt_eval_count").GetInt32() > 0);
    }

    [Fact]
    public async Task Thinking_is_kept_beside_the_result()
    {
        var id = await Proxy.SubmitAsync(new { prompt = "ponder", think = true });

        var result = await Proxy.ResultAsync(id);

        Assert.NotEmpty(result.GetProperty("thinking").GetString()!);
        Assert.Equal(Simulation.AnswerTo("ponder"), result.GetProperty("result").GetString());
    }

    [Fact]
    public async Task A_prompt_for_a_model_that_is_not_there_fails_with_Ollamas_words()
    {
        var id = await Proxy.SubmitAsync(new { prompt = "hello", model = "nosuch" });

        var result = await Proxy.ResultAsync(id);

        Assert.Equal(("failed", "model 'nosuch' not found"),
            (result.GetProperty("status").GetString(), result.GetProperty("error").GetString()));
        Assert.False(result.TryGetProperty("result", out _));
        var status = await Proxy.StatusAsync(id);
        Assert.Equal(("model 'nosuch' not found", 1), (status.GetProperty("error").GetString(), status.GetProperty("attempts").GetInt32()));
    }

    [Fact]
    public async Task A_whole_prompt_has_its_text_and_the_clients_metadata()
    {
        var id = await Proxy.SubmitAsync(new { prompt = "Zürich \"東京\" <script>", metadata = new { ticket = 1.50m } });

        using var response = await Proxy.Client.GetAsync($"/api/v1/prompt/{id}");

        var body = await response.Content.ReadAsStringAsync();
        Assert.Contains("\"prompt\":\"Zürich \\\"東京\\\" <script>\"", body, StringComparison.Ordinal);
        Assert.Contains("\"metadata\":{\"ticket\":1.50}", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_whole_prompt_without_metadata_has_none()
    {
        var id = await Proxy.SubmitAsync(new { prompt = "plain" });
        var prompt = await Proxy.GetAsync($"/api/v1/prompt/{id}");
        Assert.Equal("plain", prompt.GetProperty("prompt").GetString());
        Assert.False(prompt.TryGetProperty("metadata", out _));
    }

    [Theory]
    [InlineData("/api/v1/prompt/{0}")]
    [InlineData("/api/v1/prompt/{0}/status")]
    [InlineData("/api/v1/prompt/{0}/result")]
    public async Task An_unknown_id_or_one_that_is_no_UUID_is_404(string path)
    {
        foreach (var id in new[] { Guid.NewGuid().ToString(), "nope", "1", "..%2f..", "'; DROP TABLE prompts; --",
            "{01a207a1-35fa-729c-b0c5-aebda091a5e0}" })
        {
            using var response = await Proxy.Client.GetAsync(string.Format(null, path, Uri.EscapeDataString(Uri.UnescapeDataString(id))));
            await Problem.OfAsync(response, 404);
        }
    }

    [Fact]
    public async Task An_id_is_found_in_upper_case_too()
    {
        var id = await Proxy.SubmitAsync(new { prompt = "hello" });
        Assert.Equal(id, (await Proxy.StatusAsync(id.ToUpperInvariant())).GetProperty("id").GetString());
    }

    public sealed class OnServer(ServerFixture fixture) : StatusAndResultTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : StatusAndResultTests(fixture), IClassFixture<FunctionsFixture>;
}
