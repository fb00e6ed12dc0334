using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Prompts;

public abstract class BatchTests(ProxyFixture fixture)
{
    private RunningProxy Proxy => fixture.Proxy;

    [Theory]
    [InlineData("""[{"prompt":"one"},{"prompt":"two","priority":1},{"prompt":"three","model":"nosuch"}]""", "application/json")]
    [InlineData("{\"prompt\":\"one\"}\n\n{\"prompt\":\"two\",\"priority\":1}\r\n{\"prompt\":\"three\",\"model\":\"nosuch\"}\n",
        "application/x-ndjson")]
    [InlineData("\uFEFF[{\"prompt\":\"one\"},{\"prompt\":\"two\",\"priority\":1},{\"prompt\":\"three\",\"model\":\"nosuch\"}]",
        "application/json")]
    [InlineData("{\"prompt\":\"one\"}\n{\"prompt\":\"two\",\"priority\":1}\n{\"prompt\":\"three\",\"model\":\"nosuch\"}", "text/plain")]
    public async Task A_batch_is_queued_in_order_and_can_be_followed(string body, string contentType)
    {
        using var response = await PostAsync(body, contentType);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var submitted = await response.Content.ReadFromJsonAsync<JsonElement>();
        var batch = submitted.GetProperty("batch").GetString();
        Assert.Equal(($"/api/v1/batch/{batch}", $"/api/v1/batch/{batch}", 3),
            (submitted.GetProperty("batch_url").GetString(), response.Headers.Location?.OriginalString,
            submitted.GetProperty("count").GetInt32()));
        var ids = submitted.GetProperty("ids").EnumerateArray().Select(id => id.GetString()!).ToList();
        foreach (var id in ids)
            await Proxy.ResultAsync(id);
        var list = await Proxy.GetAsync($"/api/v1/prompts?batch={batch}&page_size=10");
        Assert.Equal(["three", "two", "one"],
            list.GetProperty("prompts").EnumerateArray().Select(prompt => prompt.GetProperty("prompt_preview").GetString()));
        Assert.Equal(Enumerable.Reverse(ids),
            list.GetProperty("prompts").EnumerateArray().Select(prompt => prompt.GetProperty("id").GetString()));
        var counts = await Proxy.GetAsync($"/api/v1/batch/{batch}");
        Assert.Equal("""{"queued":0,"processing":0,"completed":2,"failed":1,"cancelled":0}""", counts.GetProperty("counts").GetRawText());
        Assert.Equal(3, counts.GetProperty("total").GetInt32());
    }

    [Theory]
    [InlineData("""[{"prompt":"fine"},{"prompt":"fine"},{"prompt":""}]""", "Element 3: 'prompt' is blank")]
    [InlineData("""[{"prompt":"fine"},5]""", "Element 2")]
    [InlineData("{\"prompt\":\"fine\"}\n{\"prompt\":5}\n", "Line 2: 'prompt'")]
    [InlineData("{\"prompt\":\"fine\"}\n\n{\"prompt\":\"cut\n", "Line 3: The body is not valid JSON")]
    [InlineData("""[{"prompt":"fine"}""", "not valid JSON")]
    [InlineData("[]", "empty")]
    [InlineData(" \n ", "empty")]
    [InlineData("", "empty")]
    public async Task A_batch_with_anything_bad_in_it_is_refused_whole_and_the_bad_line_is_named(string body, string named)
    {
        var before = (await Proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt64();

        using var response = await PostAsync(body, "application/json");

        Assert.Contains(named, (await Problem.OfAsync(response, 400)).Error, StringComparison.Ordinal);
        Assert.Equal(before, (await Proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt64());
    }

    [Fact]
    public async Task An_unknown_batch_is_404()
    {
        foreach (var id in new[] { Guid.NewGuid().ToString(), "nope" })
        {
            using var response = await Proxy.Client.GetAsync($"/api/v1/batch/{id}");
            await Problem.OfAsync(response, 404);
        }
        using var list = await Proxy.Client.GetAsync("/api/v1/prompts?batch=nope");
        await Problem.OfAsync(list, 400);
    }

    private Task<HttpResponseMessage> PostAsync(string body, string contentType) =>
        Proxy.Client.PostAsync("/api/v1/prompts", new StringContent(body, Encoding.UTF8, contentType));

    public sealed class OnServer(ServerFixture fixture) : BatchTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : BatchTests(fixture), IClassFixture<FunctionsFixture>;
}
