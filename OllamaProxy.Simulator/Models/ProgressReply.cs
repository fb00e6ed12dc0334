using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Http;
using OllamaProxy.Simulator.Native;

namespace OllamaProxy.Simulator.Models;

/// <summary>Sends the progress of a job: all lines as a stream, or only the last one.</summary>
internal static class ProgressReply
{
    public static async Task SendAsync(HttpResponse response, bool stream, IEnumerable<JsonObject> lines, CancellationToken ct)
    {
        if (!stream)
        {
            await JsonReply.WriteAsync(response, json => lines.Last().WriteTo(json), ct, JsonFraming.Unstreamed);
            return;
        }

        response.ContentType = Ndjson.ContentType;
        foreach (var line in lines)
        {
            Ndjson.Write(response.BodyWriter, json => line.WriteTo(json));
            await response.BodyWriter.FlushAsync(ct);
        }
    }
}
