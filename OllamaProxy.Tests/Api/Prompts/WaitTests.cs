using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Prompts;

public abstract class WaitTests(ProxyFixture fixture)
{
    private RunningProxy Proxy => fixture.Proxy;

    [Theory]
    [InlineData("?wait=60", null)]
    [InlineData("?wait=99999999999999999999", null)]
    [InlineData("", "wait=60")]
    [InlineData("", "respond-async, WAIT = \"60\" ; strictly, wait=0")]
    public async Task A_result_that_is_waited_for_comes_when_the_prompt_ends(string query, string? prefer)
    {
        var id = await StalledAsync();
        using var request = ResultRequest(id, query, prefer);
        var waiting = Proxy.Client.SendAsync(request);
        await SubmitAndCancelAnotherAsync();
        Assert.False(waiting.IsCompleted);

        await CancelAsync(id);

        using var response = await waiting;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("cancelled", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString());
        Assert.Equal(prefer is null ? null : "wait=60", Applied(response));
    }

    [Theory]
    [InlineData("", null, null)]
    [InlineData("?wait=0", null, null)]
    [InlineData("", "wait=0", "wait=0")]
    [InlineData("", "wait=soon", null)]
    [InlineData("", "wait=-1", null)]
    [InlineData("", "wait", null)]
    [InlineData("", "return=minimal", null)]
    [InlineData("?wait=0", "wait=60", null)]
    public async Task Without_time_to_wait_the_answer_is_what_is_known_now(string query, string? prefer, string? applied)
    {
        var id = await StalledAsync();
        using var request = ResultRequest(id, query, prefer);
        using var response = await Proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(applied, Applied(response));
        await CancelAsync(id);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("1.5")]
    public async Task A_wait_that_is_no_whole_number_is_refused(string wait)
    {
        var id = await Proxy.SubmitAsync(new { prompt = "waits" });
        using var response = await Proxy.Client.GetAsync($"/api/v1/prompt/{id}/result?wait={wait}");
        Assert.Contains($"'{wait}'", (await Problem.OfAsync(response, 400)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_ends_with_what_is_known_by_then()
    {
        var id = await StalledAsync();
        using var response = await Proxy.Client.GetAsync($"/api/v1/prompt/{id}/result?wait=1");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var pending = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("processing", "This"), (pending.GetProperty("status").GetString(), pending.GetProperty("partial").GetString()));
        await CancelAsync(id);
    }

    [Fact]
    public async Task A_prompt_that_is_deleted_while_it_is_waited_for_is_404()
    {
        var id = await StalledAsync();
        var waiting = Proxy.Client.GetAsync($"/api/v1/prompt/{id}/result?wait=60");
        await SubmitAndCancelAnotherAsync();
        using var deleted = await Proxy.Client.DeleteAsync($"/api/v1/prompt/{id}");

        using var response = await waiting;
        await Problem.OfAsync(response, 404);
    }

    [Fact]
    public async Task Two_thousand_can_wait_for_one_prompt()
    {
        var id = await StalledAsync();
        using var client = new HttpClient(
            new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue })
        { BaseAddress = Proxy.Client.BaseAddress };
        var waiting = Enumerable.Range(0, 2000).Select(_ => client.GetAsync($"/api/v1/prompt/{id}/result?wait=60")).ToList();

        // All who wait leave the threads to others.
        await SubmitAndCancelAnotherAsync();
        await CancelAsync(id);

        foreach (var response in await Task.WhenAll(waiting))
            using (response)
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("think", "completed")]
    [InlineData("fail", "failed")]
    public async Task A_submit_that_prefers_to_wait_is_answered_with_the_result(string prompt, string status)
    {
        if (status == "failed")
            await Proxy.FaultNextAsync(Fault.Status(400, "no"));
        using var response = await SubmitAsync(prompt, "wait=60");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var result = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(status, result.GetProperty("status").GetString());
        Assert.Equal($"/api/v1/prompt/{result.GetProperty("id").GetString()}/status", response.Headers.Location?.ToString());
        Assert.Equal("wait=60", Applied(response));
    }

    [Fact]
    public async Task A_submit_whose_result_is_not_there_in_time_is_answered_with_where_to_ask()
    {
        var blocker = await StalledAsync();
        using var response = await SubmitAsync("behind", "wait=1");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var submitted = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("queued", submitted.GetProperty("status").GetString());
        await CancelAsync(blocker);
        Assert.Equal("completed", (await Proxy.ResultAsync(submitted.GetProperty("id").GetString()!)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_client_that_leaves_while_it_waits_leaves_the_prompt_alone()
    {
        var id = await StalledAsync();
        using var leave = new CancellationTokenSource();
        var waiting = Proxy.Client.GetAsync($"/api/v1/prompt/{id}/result?wait=60", leave.Token);
        await SubmitAndCancelAnotherAsync();

        await leave.CancelAsync();

        await Assert.ThrowsAsync<TaskCanceledException>(() => waiting);
        Assert.Equal("processing", (await Proxy.StatusAsync(id)).GetProperty("status").GetString());
        await CancelAsync(id);
    }

    private static HttpRequestMessage ResultRequest(string id, string query, string? prefer)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/prompt/{id}/result{query}");
        if (prefer is not null)
            Assert.True(request.Headers.TryAddWithoutValidation("Prefer", prefer));
        return request;
    }

    private static string? Applied(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Preference-Applied", out var values) ? values.Single() : null;

    private async Task<HttpResponseMessage> SubmitAsync(string prompt, string prefer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/prompt")
        {
            Content = JsonContent.Create(new { prompt }),
            Headers = { { "Prefer", prefer } }
        };
        return await Proxy.Client.SendAsync(request);
    }

    /// <summary>Other prompts come and go meanwhile.</summary>
    private async Task SubmitAndCancelAnotherAsync() => await CancelAsync(await Proxy.SubmitAsync(new { prompt = "another" }));

    /// <summary>Submits a prompt that says "This" and then nothing more until it is cancelled.</summary>
    private async Task<string> StalledAsync()
    {
        await Proxy.FaultNextAsync(Fault.Stall(1));
        var id = await Proxy.SubmitAsync(new { prompt = "stalls" });
        await Eventually.NotNull(async () =>
            (await Proxy.GetAsync($"/api/v1/prompt/{id}/result")).TryGetProperty("partial", out _) ? "there" : null, "its first token");
        return id;
    }

    private async Task CancelAsync(string id)
    {
        using var response = await Proxy.Client.PostAsync($"/api/v1/prompt/{id}/cancel", null);
        response.EnsureSuccessStatusCode();
    }

    public sealed class OnServer(ServerFixture fixture) : WaitTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : WaitTests(fixture), IClassFixture<FunctionsFixture>;
}
