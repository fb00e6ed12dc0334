using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Streams;

public abstract class QueueStreamTests(ProxyFixture fixture)
{
    private RunningProxy Proxy => fixture.Proxy;

    [Fact]
    public async Task The_counts_come_at_once_and_whenever_they_change()
    {
        await using var stream = await OpenAsync();
        var before = await stream.UntilAsync("counts");

        var id = await Proxy.SubmitAsync(new { prompt = "counted" });
        await Proxy.ResultAsync(id);

        var completed = before.GetProperty("completed").GetInt64() + 1;
        var after = await stream.UntilAsync("counts", counts => counts.GetProperty("completed").GetInt64() == completed);
        Assert.Equal(["queued", "processing", "completed", "failed", "cancelled"], after.EnumerateObject().Select(count => count.Name));
    }

    [Fact]
    public async Task What_becomes_of_a_prompt_is_told_with_its_entry_in_the_list()
    {
        await using var stream = await OpenAsync();
        await stream.UntilAsync("counts");
        var blocker = await Proxy.SubmitHangingAsync(new { prompt = "hangs" });
        await stream.UntilAsync("started", entry => IdOf(entry) == blocker);
        var id = await Proxy.SubmitAsync(new { prompt = "told <b>" });

        var queued = await stream.UntilAsync("queued", entry => IdOf(entry) == id);
        Assert.Equal("told <b>", queued.GetProperty("prompt_preview").GetString());
        using var cancel = await Proxy.Client.PostAsync($"/api/v1/prompt/{blocker}/cancel", null);
        Assert.Equal("cancelled", (await stream.UntilAsync("finished", entry => IdOf(entry) == blocker)).GetProperty("status").GetString());

        var finished = await stream.UntilAsync("finished", entry => IdOf(entry) == id);
        var listed = (await Proxy.GetAsync("/api/v1/prompts")).GetProperty("prompts").EnumerateArray().Single(entry => IdOf(entry) == id);
        Assert.Equal(listed.ToString(), finished.ToString());
    }

    [Fact]
    public async Task Of_a_flood_only_the_counts_are_told()
    {
        await using var stream = await OpenAsync();
        var before = await stream.UntilAsync("counts");
        using var batch = await Proxy.Client.PostAsJsonAsync("/api/v1/prompts",
            Enumerable.Range(0, 300).Select(n => new { prompt = $"flood {n}" }));
        batch.EnsureSuccessStatusCode();

        var completed = before.GetProperty("completed").GetInt64() + 300;
        var told = 0;
        while (await stream.NextAsync() is { } next
            && !(next.EventType == "counts" && EventReader.DataOf(next).GetProperty("completed").GetInt64() >= completed))
            told += next.EventType is "queued" ? 1 : 0;

        Assert.InRange(told, 0, 50);
    }

    [Fact]
    public async Task HEAD_tells_only_what_it_is()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/api/v1/events");
        using var response = await Proxy.Client.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }

    private static string? IdOf(JsonElement entry) => entry.GetProperty("id").GetString();

    private Task<EventReader> OpenAsync() => EventReader.OpenAsync(Proxy.Client, new HttpRequestMessage(HttpMethod.Get, "/api/v1/events"));

    public sealed class OnServer(ServerFixture fixture) : QueueStreamTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : QueueStreamTests(fixture), IClassFixture<FunctionsFixture>;
}
