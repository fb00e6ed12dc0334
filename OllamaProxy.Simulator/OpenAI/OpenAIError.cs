using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>Writes errors in OpenAI's format.</summary>
internal static class OpenAIError
{
    public static void Write(Utf8JsonWriter json, int status, string error) => Of(status, error).WriteTo(json);

    private static JsonObject Of(int status, string error) => new()
    {
        ["error"] = new JsonObject { ["message"] = error, ["type"] = TypeOf(status), ["param"] = null, ["code"] = null },
    };

    /// <summary>Writes an error as an event of a stream.</summary>
    public static void WriteEvent(IBufferWriter<byte> stream, string error) =>
        ServerSentEvent.Write(stream, Of(StatusCodes.Status500InternalServerError, error));

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "invalid_request_error",
        StatusCodes.Status404NotFound => "not_found_error",
        _ => "api_error",
    };
}
