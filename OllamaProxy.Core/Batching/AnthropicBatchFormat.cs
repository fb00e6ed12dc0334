using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using OllamaProxy.Protocol;
using OllamaProxy.Protocol.Dialects;

namespace OllamaProxy.Batching;

/// <summary>
/// The lines of Anthropic's message batches: https://docs.anthropic.com/en/api/creating-message-batches. Clients send the requests in one
/// body; here each of them is a line of a file, too.
/// </summary>
internal sealed partial class AnthropicBatchFormat : BatchFormat
{
    public override int MaxLines => 100_000;

    public override bool HasErrorFile => false;

    public override BatchRequest Read(ReadOnlyMemory<byte> line, string endpoint)
    {
        using var document = Parse(line);
        var request = document.RootElement;
        var customId = request.Text("custom_id") ?? throw Bad("a string is needed", "custom_id");
        if (!CustomId().IsMatch(customId))
            throw Bad("1 to 64 letters, digits, hyphens and underscores are needed", "custom_id");
        if (request.Find("params") is not { ValueKind: JsonValueKind.Object } call)
            throw Bad("an object is needed", "params");
        if (call.FindInAnyCase("stream") is { ValueKind: JsonValueKind.True })
            throw Bad("a batch cannot be streamed", "params.stream");
        return call.FindInAnyCase("model") is { ValueKind: JsonValueKind.String } model && model.Text() is { Length: > 0 } name
            ? new(customId, Slice(line, call), name, 1) : throw Bad("a string is needed", "params.model");
    }

    public override (byte[] Before, byte[] Behind) Around(string customId, Guid prompt, int status, bool isGood) => (
        Bytes($"{{\"custom_id\":\"{customId}\",\"result\":{{\"type\":"
            + (isGood ? "\"succeeded\",\"message\":" : "\"errored\",\"error\":")),
        [.. "}}\n"u8]);

    public override byte[] Without(string customId, Guid? prompt, LineFault fault)
    {
        var result = fault.Kind switch
        {
            FaultKind.Cancelled => "{\"type\":\"canceled\"}",
            FaultKind.Expired => "{\"type\":\"expired\"}",
            _ => $"{{\"type\":\"errored\",\"error\":{Encoding.UTF8.GetString(ErrorBody(500, fault.Message))}}}",
        };
        return Bytes($"{{\"custom_id\":\"{customId}\",\"result\":{result}}}\n");
    }

    public override byte[] ErrorBody(int status, string message) => Dialect.Anthropic.WriteError(status, message);

    private static BadLineException Bad(string message, string param) => new("invalid_request_error", message, param);

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,64}\\z")]
    private static partial Regex CustomId();
}
