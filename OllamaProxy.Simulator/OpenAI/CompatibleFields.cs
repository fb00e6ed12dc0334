using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>Reads the fields that requests of OpenAI's APIs have in common.</summary>
internal static class CompatibleFields
{
    /// <summary>The options for the length of the answer. <c>simulator_tokens</c> is the Simulator's own, as in native requests.</summary>
    public static ModelOptions Options(GoObject fields, string limit = "max_tokens") =>
        ModelOptions.Of(fields.Integer(limit), fields.Integer("simulator_tokens"));

    /// <summary>Whether a stream ends with the usage.</summary>
    public static bool IncludesUsage(GoObject fields, string type) =>
        fields.Value("stream_options", JsonValueKind.Object, "openai.StreamOptions") is { } options
        && (new GoObject(options, type, "stream_options.").Flag("include_usage") ?? false);

    /// <summary>Whether a reasoning effort turns thinking on.</summary>
    /// <exception cref="OllamaException">The effort is unknown.</exception>
    public static bool Thinks(string effort) => effort switch
    {
        "" or "none" => false,
        "minimal" or "low" or "medium" or "high" or "xhigh" or "max" or "ultra" => true,
        _ => throw OllamaException.BadRequest(
            $"invalid reasoning value: \"{effort}\" "
            + "(must be \"minimal\", \"low\", \"medium\", \"high\", \"xhigh\", \"ultra\", \"max\", or \"none\")"),
    };
}
