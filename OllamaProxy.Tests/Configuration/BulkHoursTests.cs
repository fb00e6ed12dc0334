using System.Globalization;
using Microsoft.Extensions.Configuration;
using OllamaProxy.Configuration;

namespace OllamaProxy.Tests.Configuration;

/// <summary>The hours in which bulk prompts may start. Times are written in UTC.</summary>
public sealed class BulkHoursTests
{
    [Theory]
    [InlineData("22:00-06:00", "2026-02-21 21:59:59", false)]
    [InlineData("22:00-06:00", "2026-02-21 22:00:00", true)]
    [InlineData("22:00-06:00", "2026-02-22 05:59:59", true)]
    [InlineData("22:00-06:00", "2026-02-22 06:00:00", false)]
    [InlineData("9:30-12:00", "2026-02-22 09:30:00", true)]
    [InlineData("18:00-24:00", "2026-02-21 23:59:59", true)]
    [InlineData("18:00-24:00", "2026-02-22 00:00:00", false)]
    [InlineData("22:00-06:00, 12:00-13:00", "2026-02-21 12:30:00", true)]
    [InlineData("22:00-06:00, 12:00-13:00", "2026-02-21 13:00:00", false)]
    [InlineData("22:00-06:00 UTC", "2026-02-21 22:00:00", true)]
    [InlineData("22:00-06:00 Europe/Berlin", "2026-02-21 21:00:00", true)]
    [InlineData("22:00-06:00,12:00-13:00 Europe/Berlin", "2026-07-21 10:00:00", true)]
    [InlineData("22:00-06:00 America/New_York", "2026-02-22 02:59:59", false)]
    [InlineData("22:00-06:00 America/New_York", "2026-02-22 03:00:00", true)]
    public void Bulk_prompts_may_start_in_these_hours_by_the_clocks_of_the_zone(string text, string time, bool isOpen) =>
        Assert.Equal(isOpen, BulkHours.Parse(text).IsOpen(At(time)));

    [Theory]
    [InlineData("22:00-06:00", "2026-02-21 12:00:00", "10:00:00")]
    [InlineData("22:00-06:00", "2026-02-21 21:59:59.5", "00:00:00.5")]
    [InlineData("22:00-06:00", "2026-02-21 23:00:00", "00:00:00")]
    [InlineData("22:00-06:00,12:00-13:00", "2026-02-21 06:00:00", "06:00:00")]
    // The clocks of Berlin go from 02:00 to 03:00 at 01:00 UTC, and from 03:00 to 02:00 at 01:00 UTC.
    [InlineData("04:00-06:00 Europe/Berlin", "2026-03-28 12:00:00", "14:00:00")]
    [InlineData("02:15-06:00 Europe/Berlin", "2026-03-29 00:30:00", "00:30:00")]
    [InlineData("02:15-02:45 Europe/Berlin", "2026-03-29 00:30:00", "23:45:00")]
    [InlineData("04:00-06:00 Europe/Berlin", "2026-10-24 12:00:00", "15:00:00")]
    [InlineData("02:15-06:00 Europe/Berlin", "2026-10-25 00:00:00", "00:15:00")]
    [InlineData("02:15-06:00 Europe/Berlin", "2026-10-25 00:59:00", "00:00:00")]
    [InlineData("02:15-06:00 Europe/Berlin", "2026-10-25 01:00:00", "00:15:00")]
    [InlineData("01:00-02:30 Europe/Berlin", "2026-10-25 00:45:00", "00:15:00")]
    public void The_time_until_they_begin_is_that_of_a_clock_on_the_wall(string text, string now, string expected) =>
        Assert.Equal(TimeSpan.Parse(expected, CultureInfo.InvariantCulture), BulkHours.Parse(text).UntilOpen(At(now)));

    [Theory]
    [InlineData("2026-02-21 12:00:00", "01:00:00", "11:00:00")]
    [InlineData("2026-02-21 23:00:00", "01:00:00", "01:00:00")]
    [InlineData("2026-02-22 05:59:00", "00:01:00", "00:01:00")]
    // A minute before the end, and the rest of the hour in the next night.
    [InlineData("2026-02-22 05:59:00", "01:00:00", "17:00:00")]
    [InlineData("2026-02-21 12:00:00", "20:00:00", "2.14:00:00")]
    public void Work_rests_outside_these_hours(string now, string work, string expected) => Assert.Equal(
        TimeSpan.Parse(expected, CultureInfo.InvariantCulture),
        BulkHours.Parse("22:00-06:00").UntilDone(At(now), TimeSpan.Parse(work, CultureInfo.InvariantCulture)));

    /// <summary>Minute for minute over a year, so that every change of the clocks is met.</summary>
    [Theory]
    [InlineData("22:00-06:00 Europe/Berlin")]
    [InlineData("02:15-02:45,03:05-04:00,23:30-01:20 America/New_York")]
    [InlineData("01:45-02:20 Australia/Lord_Howe")]
    public void The_time_until_they_begin_is_never_too_long_nor_too_short(string text)
    {
        var hours = BulkHours.Parse(text);
        var opens = At("2027-01-10 00:00:00");
        while (!hours.IsOpen(opens))
            opens += TimeSpan.FromMinutes(1);
        for (var now = opens; now > At("2026-01-01 00:00:00"); now -= TimeSpan.FromMinutes(1))
        {
            opens = hours.IsOpen(now) ? now : opens;
            if (hours.UntilOpen(now) != opens - now)
                Assert.Fail($"{now}: {hours.UntilOpen(now)} in place of {opens - now}");
        }
    }

    [Theory]
    [InlineData("22-6", "'22-6' is no window of time such as 22:00-06:00")]
    [InlineData("22:00-06:00,", "'' is no window of time such as 22:00-06:00")]
    [InlineData("22:00-25:00", "'22:00-25:00' is no window of time such as 22:00-06:00")]
    [InlineData("22:00-22:00", "'22:00-22:00' is no window of time such as 22:00-06:00")]
    [InlineData("Europe/Berlin", "'Europe/Berlin' is no window of time such as 22:00-06:00")]
    [InlineData("00:00-12:00,12:00-24:00", "these hours are the whole day, which needs no setting")]
    [InlineData("22:00-06:00 Berlin", "this machine does not know the time zone 'Berlin': it is none such as Europe/Berlin, "
        + "or the package tzdata is missing")]
    public void An_invalid_value_stops_the_start_with_one_sentence(string text, string why)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { [BulkHours.Setting] = text }).Build();
        var exception = Assert.Throws<InvalidSettingException>(() => OllamaProxyOptions.Read(configuration));
        Assert.Equal($"The setting OLLAMA_PROXY_BULK_HOURS is '{text}', but {why}.", exception.Message);
    }

    private static DateTimeOffset At(string time) =>
        DateTimeOffset.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
