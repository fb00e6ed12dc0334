using System.Globalization;
using System.Text.Json;
using OllamaProxy.Protocol;
using OllamaProxy.Protocol.Dialects;

namespace OllamaProxy.Batching;

/// <summary>OpenAI's lines: https://platform.openai.com/docs/api-reference/batch/request-input</summary>
internal sealed class OpenAIBatchFormat : BatchFormat
{
    /// <summary>The paths whose calls a batch can have.</summary>
    public static readonly string[] Endpoints = [.. new[]
    {
        ApiRoute.ChatCompletions, ApiRoute.Completions, ApiRoute.OpenAIEmbeddings, ApiRoute.Responses,
    }.Select(route => route.Path)];

    private const int MaxCustomId = 512;

    public override int MaxLines => 50_000;

    public override bool HasErrorFile => true;

    public override BatchRequest Read(ReadOnlyMemory<byte> line, string endpoint)
    {
        using var document = Parse(line);
        var request = document.RootElement;
        var customId = TextOf(request, "custom_id");
        if (customId.Length is 0 or > MaxCustomId)
            throw Bad("invalid_request", $"'custom_id' must have 1 to {MaxCustomId} characters.", "custom_id");
        if (TextOf(request, "method") is not "POST" and var method)
            throw Bad("invalid_request", $"'method' must be POST, but is '{method}'.", "method");
        var url = TextOf(request, "url");
        if (!Endpoints.Contains(url))
            throw Bad("invalid_url", $"'url' must be one of {string.Join(", ", Endpoints)}, but is '{url}'.", "url");
        if (url != endpoint)
            throw Bad("url_mismatch", $"'url' must be the endpoint of the batch, {endpoint}, but is '{url}'.", "url");
        var body = request.Find("body") ?? throw Missing("body");
        if (body.ValueKind != JsonValueKind.Object)
            throw Bad("invalid_request", "'body' must be an object.", "body");
        var model = body.FindInAnyCase("model") is { ValueKind: JsonValueKind.String } name && name.Text() is { Length: > 0 } text ? text
            : throw Missing("body.model");
        if (body.FindInAnyCase("stream") is { ValueKind: JsonValueKind.True })
            throw Bad("streaming_unsupported", "'stream' cannot be true in a batch.", "body.stream");
        if (body.Find("background") is { ValueKind: JsonValueKind.True })
            throw Bad("invalid_request", "'background' cannot be true in a batch.", "body.background");
        return new(customId, Slice(line, body), model, InputsOf(body, endpoint));
    }

    public override (byte[] Before, byte[] Behind) Around(string customId, Guid prompt, int status, bool isGood) => (
        Bytes(string.Create(CultureInfo.InvariantCulture,
            $"{{\"id\":\"{IdOf(prompt)}\",\"custom_id\":\"{Escape(customId)}\",\"response\":{{\"status_code\":{status},"
            + $"\"request_id\":\"{prompt:N}\",\"body\":")),
        [.. "},\"error\":null}\n"u8]);

    public override byte[] Without(string customId, Guid? prompt, LineFault fault) => Bytes(
        $"{{\"id\":\"{IdOf(prompt ?? Guid.NewGuid())}\",\"custom_id\":\"{Escape(customId)}\",\"response\":null,"
        + $"\"error\":{{\"code\":\"{fault.Code}\",\"message\":\"{Escape(fault.Message)}\"}}}}\n");

    public override byte[] ErrorBody(int status, string message) => Dialect.OpenAI.WriteError(status, message);

    private static string IdOf(Guid prompt) => $"batch_req_{prompt:N}";

    private static int InputsOf(JsonElement body, string endpoint) =>
        endpoint == ApiRoute.OpenAIEmbeddings.Path && body.FindInAnyCase("input") is { ValueKind: JsonValueKind.Array } inputs
            && inputs.EnumerateArray().FirstOrDefault().ValueKind is JsonValueKind.String or JsonValueKind.Array
            ? body.FindInAnyCase("input")!.Value.GetArrayLength() : 1;

    private static string TextOf(JsonElement request, string name) => request.Find(name) switch
    {
        null => throw Missing(name),
        { ValueKind: JsonValueKind.String } text => text.Text(),
        _ => throw Bad("invalid_request", $"'{name}' must be a string.", name),
    };

    private static BadLineException Missing(string name) => Bad("missing_required_parameter", $"'{name}' is missing.", name);

    private static BadLineException Bad(string code, string message, string param) => new(code, message, param);
}
