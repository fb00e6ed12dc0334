using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>What the requests of OpenAI's APIs say in the same words.</summary>
internal static class CompatibleFields
{
    /// <summary>How long the answer is. Like the native option, <c>simulator_tokens</c> is the Simulator's own.</summary>
    public static ModelOptions Options(GoObject fields, string limit = "max_tokens") =>
        ModelOptions.Of(fields.Integer(limit), fields.Integer("simulator_tokens"));

    /// <summary>Whether the usage is asked for at the end of a stream.</summary>
    public static bool IncludesUsage(GoObject fields, string type) =>
        fields.Value("stream_options", JsonValueKind.Object, "openai.StreamOptions") is { } options
        && (new GoObject(options, type, "stream_options.").Flag("include_usage") ?? false);

    /// <summary>Whether a reasoning effort makes the model think.</summary>
    /// <exception cref="OllamaException">There is no such effort.</exception>
    public static bool Thinks(string effort) => effort switch
    {
        "" or "none" => false,
        "minimal" or "low" or "medium" or "high" or "xhigh" or "max" or "ultra" => true,
        _ => throw OllamaException.BadRequest(
            $"invalid reasoning value: \"{effort}\" "
            + "(must be \"minimal\", \"low\", \"medium\", \"high\", \"xhigh\", \"ultra\", \"max\", or \"none\")"),
    };
}
