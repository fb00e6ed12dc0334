using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Callers;

/// <summary>What tests do with a client of their own.</summary>
internal static class ClientExtensions
{
    /// <summary>Submits a body that must be accepted, and returns the id.</summary>
    public static async Task<string> SubmitAsync(this HttpClient client, object body)
    {
        using var response = await client.PostAsJsonAsync("/api/v1/prompt", body);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        return answer.GetProperty("id").GetString()!;
    }

    public static Task<JsonElement> JsonAsync(this HttpClient client, string path) => client.GetFromJsonAsync<JsonElement>(path);

    /// <summary>Waits until a prompt has ended, and returns its result.</summary>
    public static async Task<JsonElement> ResultAsync(this HttpClient client, string id) => (JsonElement)await Eventually.NotNull<object>(
        async () =>
        {
            using var response = await client.GetAsync($"/api/v1/prompt/{id}/result");
            return (int)response.StatusCode == 200 ? await response.Content.ReadFromJsonAsync<JsonElement>() : null;
        }, $"the end of {id}");

    /// <summary>The status of an answer, of which no more is read.</summary>
    public static async Task<int> StatusOfAsync(this HttpClient client, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return (int)response.StatusCode;
    }
}
