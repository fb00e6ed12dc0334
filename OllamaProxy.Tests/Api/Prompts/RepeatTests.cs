using System.Net;
using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Prompts;

/// <summary>Submissions that come more than once, because a client did not hear the answer.</summary>
public abstract class RepeatTests(ProxyFixture fixture)
{
    private RunningProxy Proxy => fixture.Proxy;

    [Fact]
    public async Task The_same_idempotency_key_and_body_give_the_same_id_and_another_body_422()
    {
        var key = $"key-{Guid.NewGuid()}";
        using var first = await PostAsync(key, """{"prompt":"once"}""");
        using var second = await PostAsync(key, """{"prompt":"once"}""");

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (first.StatusCode, second.StatusCode));
        Assert.Equal(await IdAsync(first), await IdAsync(second));
        using var other = await PostAsync(key, """{"prompt":"twice"}""");
        Assert.Contains(key, (await Problem.OfAsync(other, 422)).Error, StringComparison.Ordinal);
        using var otherKey = await PostAsync($"{key}-2", """{"prompt":"once"}""");
        Assert.NotEqual(await IdAsync(first), await IdAsync(otherKey));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public async Task A_key_that_is_empty_or_too_long_gets_a_problem(int length)
    {
        using var response = await PostAsync(new string('k', length), """{"prompt":"once"}""");
        Assert.Contains("Idempotency-Key", (await Problem.OfAsync(response, 400)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_can_be_put_under_an_id_of_the_clients_own()
    {
        var id = Guid.NewGuid().ToString();
        using var first = await PutAsync(id, """{"prompt":"mine"}""");
        Assert.Equal((HttpStatusCode.Accepted, id), (first.StatusCode, await IdAsync(first)));
        Assert.Equal($"/api/v1/prompt/{id}/status", first.Headers.Location?.OriginalString);

        using var again = await PutAsync(id, """{"prompt":"mine"}""");
        Assert.Equal((HttpStatusCode.OK, id), (again.StatusCode, await IdAsync(again)));
        using var other = await PutAsync(id, """{"prompt":"other"}""");
        await Problem.OfAsync(other, 409);
        Assert.Equal("completed", (await Proxy.ResultAsync(id)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task An_id_of_the_clients_own_must_be_a_UUID()
    {
        using var response = await PutAsync("mine", """{"prompt":"mine"}""");
        Assert.Contains("'mine'", (await Problem.OfAsync(response, 400)).Error, StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> PostAsync(string key, string body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post,
            "/api/v1/prompt")
        { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return Proxy.Client.SendAsync(request);
    }

    private Task<HttpResponseMessage> PutAsync(string id, string body) =>
        Proxy.Client.PutAsync($"/api/v1/prompt/{id}", new StringContent(body, Encoding.UTF8, "application/json"));

    private static async Task<string?> IdAsync(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString();

    public sealed class OnServer(ServerFixture fixture) : RepeatTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : RepeatTests(fixture), IClassFixture<FunctionsFixture>;
}
