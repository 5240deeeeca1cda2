# Fills the queue Globex with closed tickets of the past, more than fit on one page of the API, and
# in the same few seconds. Without transactions, so that nobody is sent a mail.
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT;
RT::LoadConfig();
RT::Init();
for my $number ( 1 .. $ARGV[0] ) {
    my $ticket = RT::Ticket->new( RT->SystemUser );
    my ( $id, $transaction, $message ) = $ticket->Create(
        Queue              => 'Globex',
        Subject            => "Old ticket $number",
        Requestor          => 'desk@globex.test',
        Status             => 'resolved',
        _RecordTransaction => 0,
    );
    die "$message\n" unless $id;
}
