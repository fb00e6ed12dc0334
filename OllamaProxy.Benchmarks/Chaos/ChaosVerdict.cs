using System.Text;
using System.Text.Json;

namespace OllamaProxy.Benchmarks.Chaos;

/// <summary>What was lost and what was doubled, each in a line: what clients were told is compared with what the database says.</summary>
internal sealed class ChaosVerdict
{
    private readonly List<string> _lost = [];
    private readonly List<string> _doubled = [];
    private readonly List<string> _notKept = [];

    private ChaosVerdict()
    {
    }

    public IReadOnlyList<string> Lost => _lost;

    public IReadOnlyList<string> Doubled => _doubled;

    /// <summary>
    /// Calls that were answered, but whose answers were not kept: where the database is away, the end of an answer waits for it no longer
    /// than a second, and if the server dies then, the call counts as one whose client left.
    /// </summary>
    public IReadOnlyList<string> NotKept => _notKept;

    public static ChaosVerdict Of(IReadOnlyCollection<ChaosPrompt> told, IReadOnlyList<ChaosRecord> records)
    {
        var verdict = new ChaosVerdict();
        var byId = records.ToDictionary(record => record.Id);
        var byText = told.ToDictionary(prompt => prompt.Text);
        foreach (var prompt in told)
        {
            if (prompt.HasSecondId)
                verdict._doubled.Add($"the key '{prompt.Text}' was told two ids");
            if (prompt.Id is { } id && !byId.ContainsKey(id))
                verdict._lost.Add($"{id} '{prompt.Text}' was accepted, and is not there");
        }
        foreach (var same in records.GroupBy(record => record.Text).Where(same => same.Count() > 1))
            verdict._doubled.Add($"'{same.Key}' is there as {string.Join(" and ", same.Select(record => record.Id))}");
        foreach (var record in records)
            verdict.Judge(record, byText[record.Text]);
        return verdict;
    }

    private void Judge(ChaosRecord record, ChaosPrompt prompt)
    {
        var name = $"{record.Id} '{record.Text}', {(prompt.IsCall ? "a call" : "a prompt")} that is {record.Status},";
        if (record.Status is "queued" or "processing" or "failed")
            _lost.Add($"{name} has not ended well: {record.Error}");
        if (record.Status == "cancelled" && prompt is { IsCall: true, IsAnswered: true })
            _notKept.Add(name);
        else if (record.Status == "cancelled" && !prompt.MayBeCancelled)
            _lost.Add($"{name} was not to be cancelled: {record.Error}");
        if (prompt.ToldEnd is { } told && told != record.Status)
            _lost.Add($"{name} was told to be {told}");
        if (record.Status == "completed" && TextOf(record, prompt) != prompt.Answer)
            _lost.Add($"{name} has the wrong result '{record.Result}'");
        if (record.Status == "completed" && (record.Succeeded, record.Completions) != (1, 1))
            _doubled.Add($"{name} was completed {record.Completions} times, by {record.Succeeded} attempts");
        if (record.Reopenings > 0)
            _doubled.Add($"{name} was taken up again {record.Reopenings} times after it was completed");
        if (record.Open > 0)
            _doubled.Add($"{name} has {record.Open} attempts without an end");
    }

    /// <summary>What Ollama said; of a call, in the lines of the response.</summary>
    private static string? TextOf(ChaosRecord record, ChaosPrompt prompt)
    {
        if (!prompt.IsCall || record.Result is null)
            return record.Result;
        var text = new StringBuilder();
        foreach (var line in record.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var part = JsonDocument.Parse(line);
            text.Append(part.RootElement.GetProperty("response").GetString());
        }
        return text.ToString();
    }
}
