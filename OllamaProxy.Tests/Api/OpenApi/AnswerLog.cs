using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace OllamaProxy.Tests.Api.OpenApi;

/// <summary>Calls operations, and keeps what they answer.</summary>
/// <param name="admin">A client with the key of an admin.</param>
internal sealed class AnswerLog(HttpClient admin)
{
    public List<OpenApiDocument.Answer> Answers { get; } = [];

    /// <summary>Calls an operation as the admin.</summary>
    /// <returns>The body where it is JSON.</returns>
    public async Task<JsonElement> AskAsync(string operation, object? body = null, string id = "", string query = "",
        string? prefer = null, string? accept = null) =>
        (await CallAsync(admin, operation, body, id, query, prefer, accept)).Body;

    /// <summary>Calls an operation.</summary>
    /// <param name="client">Who calls.</param>
    /// <param name="operation">Such as <c>GET /api/v1/prompt/{id}</c>.</param>
    /// <param name="body">What is sent: as it is, or as JSON; null: nothing.</param>
    /// <param name="id">What stands for the name in the path.</param>
    /// <param name="query">What follows the path, with its question mark.</param>
    /// <param name="prefer">The header <c>Prefer</c>; null: none.</param>
    /// <param name="accept">The header <c>Accept</c>; null: none.</param>
    /// <returns>The status, and the body where it is JSON.</returns>
    public async Task<(int Status, JsonElement Body, HttpResponseHeaders Headers)> CallAsync(HttpClient client, string operation,
        object? body = null, string id = "", string query = "", string? prefer = null, string? accept = null)
    {
        var (method, path) = (operation.Split(' ')[0], operation.Split(' ')[1]);
        using var request = new HttpRequestMessage(new(method), At(path, id) + query)
        {
            Content = body as HttpContent ?? (body is null ? null : JsonContent.Create(body)),
        };
        if (prefer is not null)
            request.Headers.Add("Prefer", prefer);
        if (accept is not null)
            request.Headers.Add("Accept", accept);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var type = response.Content.Headers.ContentType?.MediaType;
        var text = type == "text/event-stream" ? "" : await response.Content.ReadAsStringAsync();
        Answers.Add(new(method, path, (int)response.StatusCode, type, text));
        var isJson = text.Length > 0 && type?.EndsWith("json", StringComparison.Ordinal) is true && !type.EndsWith("ndjson",
            StringComparison.Ordinal);
        return ((int)response.StatusCode, isJson ? JsonElement.Parse(text) : default, response.Headers);
    }

    private static string At(string path, string id)
    {
        var (start, end) = (path.IndexOf('{', StringComparison.Ordinal), path.IndexOf('}', StringComparison.Ordinal));
        return start < 0 ? path : $"{path[..start]}{id}{path[(end + 1)..]}";
    }
}
