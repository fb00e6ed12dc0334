using System.Net;
using System.Net.Http.Json;
using OllamaProxy.Tests.Api;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>The API on PostgreSQL, whatever store the tests are run on.</summary>
internal static class PostgresRig
{
    public static Task<RunningProxy> StartAsync(string connectionString, params (string Name, string Value)[] settings) =>
        RunningProxy.StartAsync(
            ProxyHosts.Server, null, [("OLLAMA_PROXY_STORE", "postgres"), ("OLLAMA_PROXY_POSTGRES", connectionString), .. settings]);

    /// <summary>Every way to submit must answer 503 and when to come again; returns the words of it.</summary>
    public static async Task<IReadOnlyCollection<string>> AssertRefusedAsync(RunningProxy proxy, string prompt = "refused")
    {
        var answers = await Task.WhenAll(
            proxy.Client.PostAsJsonAsync("/api/v1/prompt", new { prompt }),
            proxy.Client.PutAsJsonAsync($"/api/v1/prompt/{Guid.NewGuid()}", new { prompt }),
            proxy.Client.PostAsJsonAsync("/api/v1/prompts", new[] { new { prompt = "small" }, new { prompt } }));
        var words = new HashSet<string>();
        foreach (var answer in answers)
            using (answer)
                words.Add(await WordsOf(answer));
        return words;
    }

    /// <summary>A read must answer 503 and when to come again; returns the words of it.</summary>
    public static async Task<string> AssertUnreadableAsync(RunningProxy proxy)
    {
        using var answer = await proxy.Client.GetAsync("/api/v1/prompts");
        return await WordsOf(answer);
    }

    /// <summary>These prompts are there, and no others.</summary>
    public static async Task AssertHoldsAsync(RunningProxy proxy, params IEnumerable<string> ids)
    {
        var expected = ids.Order().ToList();
        var list = await proxy.GetAsync("/api/v1/prompts?page_size=100");
        Assert.Equal(
            expected, list.GetProperty("prompts").EnumerateArray().Select(prompt => prompt.GetProperty("id").GetString()!).Order());
        Assert.Equal(expected.Count, list.GetProperty("total").GetInt32());
    }

    private static async Task<string> WordsOf(HttpResponseMessage answer)
    {
        var problem = await Problem.OfAsync(answer, (int)HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(answer.Headers.RetryAfter);
        return problem.Detail;
    }
}
