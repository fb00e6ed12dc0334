using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Clients;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Webhooks;

namespace OllamaProxy.Tests.Api.OpenApi;

/// <summary>The OpenAPI document of the checkout, and what libraries from npm say of it.</summary>
internal static class OpenApiDocument
{
    public static readonly string Path = Repository.File("static/openapi.json");

    private static readonly string Script = Repository.File("OllamaProxy.Tests/Api/OpenApi/validate.mjs");

    /// <summary>Why the libraries cannot be asked; null: they can.</summary>
    public static string? WhyNot { get; } = Directory.Exists(Repository.File("OllamaProxy.Tests/node_modules/ajv/dist"))
        ? null : "ajv is not here: run `npm ci` in OllamaProxy.Tests, which takes Node.";

    /// <summary>The operations, such as <c>GET /api/v1/prompt/{id}</c>.</summary>
    public static IReadOnlyList<Operation> Operations { get; } = Read();

    /// <summary>The types of the events that are sent to receivers.</summary>
    public static IReadOnlyList<string> Webhooks { get; } = ReadWebhooks();

    /// <summary>What is wrong with the document.</summary>
    public static Task<string[]> ValidateAsync() => RunAsync(Path);

    /// <summary>What is wrong with answers, or with the document that describes them.</summary>
    public static Task<string[]> ValidateAsync(IEnumerable<Answer> answers) => RunAsync("answers", answers);

    /// <summary>What is wrong with the events that were sent, or with the document that describes them.</summary>
    public static Task<string[]> ValidateAsync(IEnumerable<Received> events) => RunAsync("events", events.Select(each => new
    {
        each.Type,
        Headers = each.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value),
        each.Body,
    }));

    private static async Task<string[]> RunAsync<T>(string kind, IEnumerable<T> seen)
    {
        var file = System.IO.Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(seen, JsonSerializerOptions.Web));
            return await RunAsync(Path, kind, file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<string[]> RunAsync(params string[] arguments)
    {
        using var node = new ClientProcess("node", [Script, .. arguments], Encoding.UTF8);
        return JsonSerializer.Deserialize<string[]>(await node.ReadToEndAsync())!;
    }

    private static List<string> ReadWebhooks()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path));
        return [.. document.RootElement.GetProperty("webhooks").EnumerateObject().Select(webhook => webhook.Name)];
    }

    private static List<Operation> Read()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path));
        return
        [
            .. from path in document.RootElement.GetProperty("paths").EnumerateObject()
               from operation in path.Value.EnumerateObject()
               where operation.Name != "parameters"
               select new Operation(operation.Name.ToUpperInvariant(), path.Name, operation.Value.TryGetProperty("security", out _),
                   operation.Value.TryGetProperty("description", out var text)
                       && text.GetString()!.EndsWith("Only for admins.", StringComparison.Ordinal)),
        ];
    }

    /// <param name="Method">The HTTP method, upper case.</param>
    /// <param name="Path">The path, with the names of what varies in it.</param>
    /// <param name="IsOpen">Whether it needs no key.</param>
    /// <param name="IsForAdmins">Whether it needs the key of an admin.</param>
    internal sealed record Operation(string Method, string Path, bool IsOpen, bool IsForAdmins);

    /// <param name="Method">The HTTP method, upper case.</param>
    /// <param name="Path">The path as the document has it.</param>
    /// <param name="Status">The HTTP status.</param>
    /// <param name="Type">The media type, without parameters; null: there is no body.</param>
    /// <param name="Body">The body; empty of a stream, which may have no end.</param>
    internal sealed record Answer(string Method, string Path, int Status, string? Type, string Body);
}
