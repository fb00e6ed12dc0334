using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Prompts;

public abstract class ChangeTests(ProxyFixture fixture)
{
    private static readonly string Unknown = Guid.NewGuid().ToString();

    private RunningProxy Proxy => fixture.Proxy;

    [Fact]
    public async Task A_cancel_stops_Ollama_and_keeps_the_partial_text()
    {
        await Proxy.FaultNextAsync(Fault.Stall(3));
        var id = await Proxy.SubmitAsync(new { prompt = "to be cancelled" });
        var request = await Eventually.NotNull(() =>
            Task.FromResult(Proxy.Ollama.Requests.All.SingleOrDefault(logged =>
            Encoding.UTF8.GetString(logged.Body.Span).Contains("to be cancelled", StringComparison.Ordinal))));
        var begun = string.Concat(Simulation.TokensOf("to be cancelled").Take(3));
        await Eventually.NotNull(async () => await PartialAsync(id) == begun ? begun : null);

        using var response = await Proxy.Client.PostAsync($"/api/v1/prompt/{id}/cancel", null);

        Assert.Equal((HttpStatusCode.OK, "cancelled"), (response.StatusCode, await StatusOfAsync(response)));
        await request.Ended;
        Assert.True(request.ClosedByClient);
        Assert.Equal(begun, await Eventually.NotNull(() => PartialAsync(id)));
        var after = await Proxy.GetAsync($"/api/v1/prompt/{id}/result");
        Assert.Equal(("cancelled", "It was cancelled."), (after.GetProperty("status").GetString(), after.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task Cancelling_again_or_what_has_ended_is_200_and_changes_nothing()
    {
        var id = await Proxy.SubmitAsync(new { prompt = "done" });
        await Proxy.ResultAsync(id);
        var before = (await Proxy.StatusAsync(id)).ToString();

        using var response = await Proxy.Client.PostAsync($"/api/v1/prompt/{id}/cancel", null);

        Assert.Equal((HttpStatusCode.OK, before), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal(before, (await Proxy.StatusAsync(id)).ToString());
    }

    [Fact]
    public async Task A_failed_prompt_can_be_retried_and_a_completed_one_cannot()
    {
        await Proxy.FaultNextAsync(Fault.Status(400, "not today"));
        var id = await Proxy.SubmitAsync(new { prompt = "again" });
        Assert.Equal("failed", (await Proxy.ResultAsync(id)).GetProperty("status").GetString());

        using var retried = await Proxy.Client.PostAsync($"/api/v1/prompt/{id}/retry", null);
        Assert.Equal(HttpStatusCode.Accepted, retried.StatusCode);
        Assert.Equal("completed", (await Proxy.ResultAsync(id)).GetProperty("status").GetString());

        using var refused = await Proxy.Client.PostAsync($"/api/v1/prompt/{id}/retry", null);
        Assert.Contains("completed", (await Problem.OfAsync(refused, 409)).Error, StringComparison.Ordinal);
        var history = (await Proxy.GetAsync($"/api/v1/prompt/{id}")).GetProperty("attempt_history").EnumerateArray().ToList();
        Assert.Equal([(1, "not today"), (1, null)], history.Select(attempt =>
            (attempt.GetProperty("attempt").GetInt32(), attempt.TryGetProperty("error", out var error) ? error.GetString() : null)));
        Assert.All(history, attempt =>
        {
            Assert.Equal(Proxy.Ollama.BaseAddress.ToString(), attempt.GetProperty("backend").GetString());
            Assert.True(attempt.GetProperty("duration_seconds").GetDouble() >= 0);
            Assert.EndsWith("+00:00", attempt.GetProperty("started_at").GetString(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_prompt_that_runs_is_stopped_and_deleted()
    {
        await Proxy.FaultNextAsync(Fault.Hang);
        var id = await Proxy.SubmitAsync(new { prompt = "to be deleted" });
        var request = await Eventually.NotNull(() =>
            Task.FromResult(Proxy.Ollama.Requests.All.SingleOrDefault(logged =>
            Encoding.UTF8.GetString(logged.Body.Span).Contains("to be deleted", StringComparison.Ordinal))));

        using var response = await Proxy.Client.DeleteAsync($"/api/v1/prompt/{id}");

        Assert.Equal((HttpStatusCode.NoContent, ""), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        await request.Ended;
        Assert.True(request.ClosedByClient);
        using var gone = await Proxy.Client.GetAsync($"/api/v1/prompt/{id}/status");
        await Problem.OfAsync(gone, 404);
        using var again = await Proxy.Client.DeleteAsync($"/api/v1/prompt/{id}");
        await Problem.OfAsync(again, 404);
    }

    [Fact]
    public async Task The_priority_of_a_queued_prompt_can_be_changed_and_of_no_other()
    {
        var running = await Proxy.SubmitHangingAsync(new { prompt = "in the way" });
        var first = await Proxy.SubmitAsync(new { prompt = "first" });
        var second = await Proxy.SubmitAsync(new { prompt = "second" });

        using var changed = await PatchAsync(second, """{"priority": 5}""");
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        var status = await Proxy.StatusWhenAsync(
            second, status => status.TryGetProperty("position", out var position) && position.GetInt32() == 1);
        Assert.Equal(5, status.GetProperty("priority").GetInt32());
        // It may be claimed ahead for a moment, before the slot sees that what runs there takes long.
        await Proxy.StatusWhenAsync(first, status => status.TryGetProperty("position", out var position) && position.GetInt32() == 2);

        using var refused = await PatchAsync(running, """{"priority": 5}""");
        Assert.Contains("processing", (await Problem.OfAsync(refused, 409)).Error, StringComparison.Ordinal);
        using var _ = await Proxy.Client.PostAsync($"/api/v1/prompt/{running}/cancel", null);
        await Proxy.ResultAsync(first);
    }

    [Theory]
    [InlineData("{}", "'priority'")]
    [InlineData("""{"priority":"high"}""", "'priority'")]
    [InlineData("""{"priority":101}""", "101")]
    [InlineData("""{"priority":1,"prompt":"other"}""", "'prompt'")]
    [InlineData("5", "a number")]
    [InlineData("", "empty")]
    public async Task A_bad_change_gets_a_problem(string body, string named)
    {
        var id = await Proxy.SubmitAsync(new { prompt = "stays" });
        using var response = await PatchAsync(id, body);
        Assert.Contains(named, (await Problem.OfAsync(response, 400)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changes_of_an_unknown_prompt_are_404()
    {
        foreach (var id in new[] { Unknown, "nope" })
        {
            using var cancel = await Proxy.Client.PostAsync($"/api/v1/prompt/{id}/cancel", null);
            await Problem.OfAsync(cancel, 404);
            using var retry = await Proxy.Client.PostAsync($"/api/v1/prompt/{id}/retry", null);
            await Problem.OfAsync(retry, 404);
            using var patch = await PatchAsync(id, """{"priority":1}""");
            await Problem.OfAsync(patch, 404);
        }
    }

    /// <summary>What there is of the answer; null: nothing.</summary>
    private async Task<string?> PartialAsync(string id) =>
        (await Proxy.GetAsync($"/api/v1/prompt/{id}/result")).TryGetProperty("partial", out var text) ? text.GetString() : null;

    private Task<HttpResponseMessage> PatchAsync(string id, string body) =>
        Proxy.Client.PatchAsync($"/api/v1/prompt/{id}", new StringContent(body, Encoding.UTF8, "application/json"));

    private static async Task<string?> StatusOfAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString();

    public sealed class OnServer(ServerFixture fixture) : ChangeTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : ChangeTests(fixture), IClassFixture<FunctionsFixture>;
}
